/**
 * `bulkhead completion`: scripts by which shells complete commands and options. They are written from
 * the tree of commands and ask nobody at the time of the Tab key: no process is started, nothing that
 * stands on the line is run, and file names are completed where no word of ours fits.
 */
import { Argument, type Command } from 'commander';
import type { ClientDeps } from '../client/client.ts';

/** A verb, by its path from the program, and what may follow it. */
export type CompletedVerb = {
  path: string;
  description: string;
  verbs: { name: string; description: string }[];
  options: { flag: string; description: string; takesValue: boolean; choices: string[] }[];
  choices: string[];
};

const writers: Record<string, (verbs: CompletedVerb[]) => string> = {
  bash: writeBash,
  zsh: (verbs) =>
    `#compdef bulkhead\nautoload -U +X bashcompinit && bashcompinit\n${writeBash(verbs)}`,
  fish: writeFish,
};

/** Adds the verb `completion` to the program. */
export function registerCompletion(program: Command, { print }: ClientDeps): void {
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
      choices: option.argChoices ?? [],
    })),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  return [own, ...below.flatMap((one) => listVerbs(one, `${path} ${one.name()}`.trim()))];
}

const summaryOf = (command: Command) =>
  (command.summary() || command.description()).split('\n')[0] ?? '';

/** No word of ours has anything that a shell would read otherwise; this makes sure of it. */
function quote(words: string[]): string {
  return `'${words.filter((word) => /^[\w.:@/-]+$/.test(word)).join(' ')}'`;
}

function writeBash(verbs: CompletedVerb[]): string {
  const wordsOf = ({ path, verbs: below, options, choices }: CompletedVerb) => {
    const words = [...below.map(({ name }) => name), ...choices];
    const flags = options.map(({ flag }) => flag);
    return `    '${path}') words=${quote(words)} flags=${quote(flags)} ;;`;
  };
  const valuesOf = ({ path, options }: CompletedVerb) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ flag, choices }) => `    '${path} ${flag}') values=${quote(choices)}; takes_value=1 ;;`,
      );
  const paths = verbs.map(({ path }) => `'${path}'`).join('|');
  return `# bash completion of bulkhead; written by: bulkhead completion bash
_bulkhead() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' next words='' flags='' values='' takes_value='' i
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
  if [[ -n "$takes_value" ]]; then
    words="$values"
  elif [[ "$current" == -* ]]; then
    words="$flags"
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
  const lines = verbs.flatMap(({ path, verbs: below, options, choices }) => {
    const here = `complete -c bulkhead -n ${text(`__bulkhead_at ${text(path)}`)}`;
    return [
      ...below.map(({ name, description }) => `${here} -f -a ${name} -d ${text(description)}`),
      ...(choices.length > 0 ? [`${here} -f -a ${quote(choices)}`] : []),
      ...options
        .filter(({ flag }) => flag.startsWith('--'))
        .map(({ flag, description, takesValue, choices: values }) =>
          [
            `${here} -l ${flag.slice(2)} -d ${text(description)}`,
            ...(takesValue ? [values.length > 0 ? `-x -a ${quote(values)}` : '-r'] : []),
          ].join(' '),
        ),
    ];
  });
  return `# fish completion of bulkhead; written by: bulkhead completion fish
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
