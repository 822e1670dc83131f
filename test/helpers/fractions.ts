/** Exact arithmetic, to check answers by a way that has nothing to do with how they were made. */
type Fraction = { top: bigint; bottom: bigint };

/** The numbers that stand in an expression. */
export function literals(expression: string): string[] {
  return expression.match(/\d+(\.\d+)?/g) ?? [];
}

/** The value of an expression of numbers, + - * / and parentheses, computed in fractions. */
export function evaluate(expression: string): number {
  const tokens = expression.match(/\d+(\.\d+)?|[-+*/()]/g) ?? [];
  const take = () => tokens.shift() ?? '';
  const sum = (): Fraction => {
    let value = product();
    while (tokens[0] === '+' || tokens[0] === '-') {
      const sign = take() === '+' ? 1n : -1n;
      const { top, bottom } = product();
      value = {
        top: value.top * bottom + sign * top * value.bottom,
        bottom: value.bottom * bottom,
      };
    }
    return value;
  };
  const product = (): Fraction => {
    let value = atom();
    while (tokens[0] === '*' || tokens[0] === '/') {
      const operator = take();
      const { top, bottom } = atom();
      const [over, under] = operator === '*' ? [top, bottom] : [bottom, top];
      value = { top: value.top * over, bottom: value.bottom * under };
    }
    return value;
  };
  const atom = (): Fraction => {
    const token = take();
    if (token !== '(') return parse(token);
    const value = sum();
    take();
    return value;
  };
  const { top, bottom } = sum();
  if (tokens.length > 0) throw new Error(`cannot read ${expression}`);
  const hundredths = top * 100n;
  if (hundredths % bottom !== 0n) throw new Error(`${expression} has more than two decimals`);
  return Number(hundredths / bottom) / 100;
}

function parse(literal: string): Fraction {
  const [whole = '', decimals = ''] = literal.split('.');
  return { top: BigInt(whole + decimals), bottom: 10n ** BigInt(decimals.length) };
}
