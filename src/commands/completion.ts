/**
 * `bulkhead completion`: scripts by which shells complete commands and options. They are written from
 * the tree of commands, and file names are completed where no word of ours fits. Nothing that stands on
 * the line is run. At the time of the Tab key nobody is asked but for the slugs of suites, and for those
 * only where BULKHEAD_URL and BULKHEAD_TOKEN are set: `completion-suites` says them at once, or nothing.
 */
import { Argument, type Command } from 'commander';
import { type ClientDeps, makeClient } from '../client/client.ts';
import * as documents from '../client/documents/suites.ts';

/** A verb, by its path from the program, and what may follow it. */
export type CompletedVerb = {
  path: string;
  description: string;
  verbs: { name: string; description: string }[];
  options: {
    flag: string;
    description: string;
    takesValue: boolean;
    takesSuite: boolean;
    choices: string[];
  }[];
  choices: string[];
  /** Whether the slug of a suite comes first. */
  takesSuite: boolean;
};

const writers: Record<string, (verbs: CompletedVerb[]) => string> = {
  bash: writeBash,
  zsh: (verbs) =>
    `#compdef bulkhead\nautoload -U +X bashcompinit && bashcompinit\n${writeBash(verbs)}`,
  fish: writeFish,
};

/** Adds the verb `completion` to the program. */
export function registerCompletion(program: Command, deps: ClientDeps): void {
  const { print } = deps;
  program
    .command('completion')
    .summary('print a script by which a shell completes commands')
    .description(
      'Prints a script for the shell to read:\n' +
        '  bash:  source <(bulkhead completion bash)    in ~/.bashrc\n' +
        '  zsh:   source <(bulkhead completion zsh)     in ~/.zshrc, after compinit\n' +
        '  fish:  bulkhead completion fish > ~/.config/fish/completions/bulkhead.fish',
    )
    .addArgument(new Argument('<shell>').choices(Object.keys(writers)))
    .action((shell: string) => print(writers[shell]?.(listVerbs(program)) ?? ''));
  program
    .command('completion-suites', { hidden: true })
    .description('for those scripts: the suites that the token reaches')
    .action(() => printSuites(deps));
}

/** Whoever has pressed Tab waits this long, in milliseconds. */
const patience = 3000;

/** Prints the slugs, one a line; nothing at all if anything is in the way. */
async function printSuites(deps: ClientDeps): Promise<void> {
  try {
    if (!deps.remote()) return;
    const { ask } = makeClient({ ...deps, note: () => {} });
    const signal = AbortSignal.timeout(patience);
    const { suites } = await ask(documents.suites, { after: null }, { signal, retries: 0 });
    for (const { slug } of suites.nodes) if (isPlain(slug)) deps.print(slug);
  } catch {
    // a line that is being typed is no place for a message
  }
}

/** All verbs, each before those below it. */
export function listVerbs(command: Command, path = ''): CompletedVerb[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const own: CompletedVerb = {
    path,
    description: summaryOf(command),
    verbs: below.map((one) => ({ name: one.name(), description: summaryOf(one) })),
    options: help.visibleOptions(command).map((option) => ({
      flag: option.long ?? option.short ?? '',
      description: option.description,
      takesValue: option.required || option.optional,
      takesSuite: option.flags.endsWith('<slug>'),
      choices: option.argChoices ?? [],
    })),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    takesSuite: command.registeredArguments[0]?.name() === 'suite',
  };
  return [own, ...below.flatMap((one) => listVerbs(one, `${path} ${one.name()}`.trim()))];
}

const summaryOf = (command: Command) =>
  (command.summary() || command.description()).split('\n')[0] ?? '';

/** Whether a shell reads the word as nothing but a word. */
const isPlain = (word: string) => /^[\w.:@/-]+$/.test(word);

/** No word of ours is anything else; this makes sure of it. */
function quote(words: string[]): string {
  return `'${words.filter(isPlain).join(' ')}'`;
}

function writeBash(verbs: CompletedVerb[]): string {
  const wordsOf = ({ path, verbs: below, options, choices, takesSuite }: CompletedVerb) => {
    const words = [...below.map(({ name }) => name), ...choices];
    const flags = options.map(({ flag }) => flag);
    const suite = takesSuite ? ' suite=1' : '';
    return `    '${path}') words=${quote(words)} flags=${quote(flags)}${suite} ;;`;
  };
  const valuesOf = ({ path, options }: CompletedVerb) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ flag, choices, takesSuite }) =>
          `    '${path} ${flag}') values=${quote(choices)}; takes_value=${takesSuite ? 'suite' : '1'} ;;`,
      );
  const paths = verbs.map(({ path }) => `'${path}'`).join('|');
  return `# bash completion of bulkhead; written by: bulkhead completion bash
_bulkhead_suites() {
  [[ -n "\${BULKHEAD_URL:-}" && -n "\${BULKHEAD_TOKEN:-}" ]] || return 0
  command bulkhead completion-suites 2>/dev/null </dev/null || return 0
}
_bulkhead() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' next words='' flags='' values='' takes_value='' suite='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in ${paths}) path="$next" ;; *) break ;; esac
  done
  case "$path" in
${verbs.map(wordsOf).join('\n')}
  esac
  case "$path $previous" in
${verbs.flatMap(valuesOf).join('\n')}
  esac
  COMPREPLY=()
  if [[ "$takes_value" == suite ]]; then
    words="$(_bulkhead_suites)"
  elif [[ -n "$takes_value" ]]; then
    words="$values"
  elif [[ "$current" == -* ]]; then
    words="$flags"
  elif [[ -n "$suite" ]] && (( COMP_CWORD == i )); then
    words="$(_bulkhead_suites)"
  elif (( COMP_CWORD > i )) && [[ -n "$words" ]]; then
    words=''
  fi
  while IFS='' read -r next; do
    [[ -n "$next" ]] && COMPREPLY+=("$next")
  done < <(compgen -W "$words" -- "$current")
  return 0
}
complete -o default -F _bulkhead bulkhead`;
}

/** fish shows descriptions, so it gets them. */
function writeFish(verbs: CompletedVerb[]): string {
  const text = (words: string) => `'${words.replaceAll(/[\\']/g, '\\$&')}'`;
  const suites = `-a '(__bulkhead_suites)'`;
  const lines = verbs.flatMap(({ path, verbs: below, options, choices, takesSuite }) => {
    const words = path.split(' ').length + 1;
    const first = `__bulkhead_at ${text(path)}; and test (count (commandline -opc)) -eq ${words}`;
    const here = `complete -c bulkhead -n ${text(`__bulkhead_at ${text(path)}`)}`;
    return [
      ...below.map(({ name, description }) => `${here} -f -a ${name} -d ${text(description)}`),
      ...(choices.length > 0 ? [`${here} -f -a ${quote(choices)}`] : []),
      ...(takesSuite ? [`complete -c bulkhead -n ${text(first)} ${suites}`] : []),
      ...options
        .filter(({ flag }) => flag.startsWith('--'))
        .map(({ flag, description, takesValue, takesSuite: ofSuite, choices: values }) =>
          [
            `${here} -l ${flag.slice(2)} -d ${text(description)}`,
            ...(ofSuite ? [`-x ${suites}`] : []),
            ...(takesValue && !ofSuite
              ? [values.length > 0 ? `-x -a ${quote(values)}` : '-r']
              : []),
          ].join(' '),
        ),
    ];
  });
  return `# fish completion of bulkhead; written by: bulkhead completion fish
function __bulkhead_suites
  test -n "$BULKHEAD_URL" -a -n "$BULKHEAD_TOKEN"; and command bulkhead completion-suites 2>/dev/null </dev/null
end
function __bulkhead_at
  set -l path
  for word in (commandline -opc)[2..]
    if contains -- "$path$word" ${verbs
      .filter(({ path }) => path !== '')
      .map(({ path }) => text(path))
      .join(' ')}
      set path "$path$word "
    else
      break
    end
  end
  test (string trim -- "$path ") = "$argv"
end
${lines.join('\n')}`;
}
