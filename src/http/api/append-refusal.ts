/** Refusals of an append: with the lines that are to blame, and without reading the rest of the body. */
import type { Request, Response } from 'express';
import { BulkheadError, type KnownError } from '../../errors.ts';
import { errorBody, explain } from '../../graphql/errors.ts';
import { ImportRefused, type LineProblem } from '../../import/problems.ts';
import type { Unit } from '../../import/records.ts';
import type { Logger } from '../../logger.ts';

/** The first hundred problems, how many there are, and what their lines are. */
export type LineProblems = { first: readonly LineProblem[]; total: number; unit: Unit };

/** A refusal of the database that is about lines. */
export class LinesRefused extends BulkheadError {
  readonly problems: LineProblems;

  constructor({ entry, message, hint }: KnownError, problems: LineProblems) {
    const { total, unit } = problems;
    const lines = total === 1 ? `1 ${unit}` : `${total} ${unit}s`;
    super(entry.name, `${lines} cannot be appended, nothing was stored`, {
      detail: message,
      ...(hint !== undefined && { hint }),
    });
    this.problems = problems;
  }
}

/** How long the rest of a body is thrown away before the connection is closed, in milliseconds. */
const patience = 2000;

/**
 * Answers a refusal at once, even while the body is still coming. To close the connection in that
 * moment would reset it, and the answer could be lost on its way: so what comes is thrown away for a
 * while.
 */
export function refuse(request: Request, response: Response, error: Error, logger: Logger): void {
  const known = explain(error, logger);
  const body = Buffer.from(JSON.stringify(bodyOf(error, known)));
  response.status(known.entry.httpStatus);
  if (known.entry.httpStatus === 401) response.set('WWW-Authenticate', 'Bearer');
  response.set({
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(body.length),
  });
  if (request.complete) {
    response.end(body);
    return;
  }
  response.set('Connection', 'close');
  response.write(body);
  const close = () => {
    clearTimeout(timer);
    response.end();
    request.socket.destroySoon();
  };
  const timer = setTimeout(close, patience);
  request.once('end', close).once('error', close).once('close', close).resume();
}

/** The usual body; after the error itself come the lines. */
function bodyOf(error: Error, known: KnownError): object {
  const usual = errorBody(known);
  const problems = problemsOf(error);
  if (!problems) return usual;
  const { first, total, unit } = problems;
  return { errors: [...usual.errors, ...first], error_count: total, line_is: unit };
}

function problemsOf(error: Error): LineProblems | undefined {
  if (error instanceof LinesRefused) return error.problems;
  return error instanceof ImportRefused ? error : undefined;
}
