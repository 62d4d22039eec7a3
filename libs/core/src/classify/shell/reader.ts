/** Reads a script in the order in which a shell would run it, and hands every command to its handler. */
import { type AndOr, type Assignment, type Command, type CommandNode, type CompoundList, parse, type ParsedScript, type Pipeline, type Redirection, type Statement, type SyntaxNode } from "unbash";
import { statedEnvironment } from "../../environment/environment.ts";
import { MAX_COMMANDS, MAX_NESTING, MAX_STEPS, PARSER_INPUT_CHARS } from "../bounds.ts";
import { type Parse, type Span, unknownVerdict, worseParse } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { type Expander, expandToText, expandWord, followNested, textOfParts } from "./expand.ts";
import { bareCall, type Invocation, type Runner } from "./invocation.ts";
import { outputOf, sourcesOf } from "./output.ts";
import { Given, opensTooMuch } from "./parser-bounds.ts";
import { judgeInvocation, weightOf } from "./programs.ts";
import { judgeRedirect, type Output, outputOfRedirect } from "./redirect.ts";
import { noteFiles } from "./file-effects.ts";
import { codeVerdicts } from "./foreign-code.ts";
import { givenByVariable } from "./given-to-run.ts";
import { runKnownFile } from "./interpreters.ts";
import { below, leavesMachine, type Project } from "./project.ts";
import { Scope } from "./scope.ts";
import { ScriptFiles } from "./script-files.ts";
import { Sources } from "./sources.ts";
import { HOLE, isKnown, knownText, literal, NO_STDIN, type Stdin, stdinOf, type Word } from "./word.ts";

/** Values of a `for` list that are followed one by one. */
const MAX_ITERATIONS = 16;

/** One reading; create one per classification. */
export class ShellReader implements Runner, Expander {
  readonly verdicts: Verdict[] = [];
  parse: Parse = "parsed";
  scope = new Scope();
  readonly files = new ScriptFiles();
  #commands = 0;
  #steps = 0;
  readonly #handed = new Given();
  #gaveUp = false;
  #depth = 0;
  /** Set while following text that is not the classified text itself: its positions mean nothing there. */
  #outerSpan: Span | null = null;
  readonly #calling: string[] = [];
  readonly #sources = new Sources();
  #project: Project | null;

  constructor(project: Project | null = null) {
    this.#project = project;
  }

  /** Reads the classified text itself. */
  read(text: string): void {
    if (opensTooMuch(text)) return this.giveUp();
    this.#script(parse(text), NO_STDIN);
  }

  /** Reads a file as if the script had run it. */
  readFile(path: string, text: string): void {
    this.verdicts.push(...runKnownFile(path, text, bareCall(path.slice(path.lastIndexOf("/") + 1), path, this.files), this));
  }

  /** Searches text of no known language for calls that lose something. */
  readCode(text: string): readonly Verdict[] {
    return codeVerdicts(text, bareCall("code", "code", this.files), this);
  }

  giveUp(): void {
    if (this.#gaveUp) return;
    this.#gaveUp = true;
    this.verdicts.push(this.#tooMuch());
  }

  partial(): void {
    this.parse = worseParse(this.parse, "partial");
  }

  script(text: string, stdin: Stdin): readonly Verdict[] {
    if (text.length > PARSER_INPUT_CHARS || opensTooMuch(text)) return [this.#tooMuch()];
    const before = this.verdicts.length;
    // A hole inside nested text is a variable there as well: `sh -c "rm $X"`.
    this.#nested(() => this.#script(parse(text.replaceAll(HOLE, "${__unknown}")), stdin));
    return this.verdicts.splice(before);
  }

  command(words: readonly Word[], stdin: Stdin): readonly Verdict[] {
    const before = this.verdicts.length;
    this.#nested(() => this.#run(words, stdin, this.#outerSpan, null));
    return this.verdicts.splice(before);
  }

  capture(script: ParsedScript): string | null {
    let output: string | null = null;
    const scope = this.scope;
    this.scope = new Scope(scope);
    // Positions inside a `$(…)` are those of the whole text, except where backticks had to be decoded.
    const outer = this.#outerSpan;
    if (script.source !== undefined) this.#outerSpan ??= { start: 0, end: 0 };
    const traced = this.#sources.during(() => {
      this.#deeper(() => void (output = this.#script(script, NO_STDIN)));
      return output;
    });
    this.#sources.substitute(traced);
    this.#outerSpan = outer;
    this.scope = scope;
    return output;
  }

  /** Says so once, then lets everything unwind. */
  #exhausted(): boolean {
    this.#steps += 1;
    if (this.#steps === MAX_STEPS + 1) this.verdicts.push(this.#tooMuch());
    return this.#steps > MAX_STEPS;
  }

  #tooMuch(): Verdict {
    this.partial();
    return unknownVerdict("shell.unknown", "shell.too-deep", "The script nests or repeats more than is followed.", this.#outerSpan);
  }

  #deeper(body: () => void): void {
    if (this.#depth >= MAX_NESTING || this.#commands >= MAX_COMMANDS) return void this.verdicts.push(this.#tooMuch());
    this.#depth += 1;
    body();
    this.#depth -= 1;
  }

  #nested(body: () => void): void {
    const outer = this.#outerSpan;
    this.#outerSpan ??= { start: 0, end: 0 };
    this.#deeper(body);
    this.#outerSpan = outer;
  }

  /** Answers the script's output where it is one command whose output is known. */
  #script(script: ParsedScript, stdin: Stdin): string | null {
    if ((script.errors?.length ?? 0) > 0) {
      this.partial();
      this.verdicts.push(unknownVerdict("shell.unknown", "shell.unparsable", "Part of this does not parse as shell.", this.#spanOf(script)));
    }
    const outputs = script.commands.map((statement) => this.#statement(statement, stdin));
    return outputs.length === 1 ? outputs[0]! : outputs.length === 0 ? "" : null;
  }

  #statement(statement: Statement, stdin: Stdin): string | null {
    return this.#any(statement.command, stdin);
  }

  #list(list: CompoundList, stdin: Stdin): void {
    for (const statement of list.commands) this.#statement(statement, stdin);
  }

  #any(node: CommandNode | Pipeline | AndOr | CompoundList, stdin: Stdin): string | null {
    if (this.#exhausted()) return null;
    if (node.type === "Command") return this.#simple(node, stdin);
    if (node.type === "Pipeline") return this.#pipeline(node, stdin);
    // Either side may decide whether the next one runs; all of them may.
    if (node.type === "AndOr") for (const command of node.commands) this.#any(command, stdin);
    else if (node.type === "CompoundList") this.#list(node, stdin);
    else this.#compound(node, stdin);
    return null;
  }

  #pipeline(node: Pipeline, stdin: Stdin): string | null {
    let input = stdin;
    let output: string | null = null;
    let last: readonly string[] = [];
    for (const command of node.commands) {
      const { printed, sources } = this.#sources.during(() => this.#any(command, input));
      output = printed;
      input = stdinOf(output, command, sources);
      last = sources;
    }
    this.#sources.print(last);
    return output;
  }

  #compound(node: Exclude<CommandNode, Command>, stdin: Stdin): void {
    switch (node.type) {
      case "Redirected": {
        const { input, outputs } = this.#redirects(node.redirects, stdin);
        return void this.#redirected(outputs, () => this.#any(node.command, input));
      }
      case "Subshell": {
        const scope = this.scope;
        this.scope = new Scope(scope);
        this.#list(node.body, stdin);
        this.scope = scope;
        return;
      }
      case "BraceGroup":
        return this.#list(node.body, stdin);
      case "If":
        this.#list(node.clause, stdin);
        return this.scope.maybe(() => {
          this.#list(node.then, stdin);
          for (const elif of node.elif) {
            this.#list(elif.clause, stdin);
            this.#list(elif.then, stdin);
          }
          if (node.else !== undefined) this.#list(node.else, stdin);
        });
      case "While":
        this.#list(node.clause, stdin);
        return this.scope.maybe(() => this.#list(node.body, stdin));
      case "For":
      case "Select":
        return this.#loop(node.name.value, node.wordlist?.flatMap((word) => expandWord(word, this)) ?? [{ text: HOLE, glob: false }], node.body, stdin);
      case "ArithmeticFor":
        followNested(node, this);
        return this.#list(node.body, stdin);
      case "Case":
        expandToText(node.word, this);
        return this.scope.maybe(() => node.items.forEach((item) => this.#list(item.body, stdin)));
      case "Coproc":
        return void this.#any(node.body, stdin);
      case "TestCommand":
      case "ArithmeticCommand":
        return followNested(node, this);
      case "Function":
        return void this.scope.functions.set(node.name.value, node);
    }
  }

  #loop(name: string, values: readonly Word[], body: CompoundList, stdin: Stdin): void {
    for (const value of values.slice(0, MAX_ITERATIONS)) {
      if (this.#exhausted()) return;
      // A pattern stands for what it finds: where that lies is known, its names are not.
      this.scope.set(name, value.text);
      this.#list(body, stdin);
    }
    if (values.length > MAX_ITERATIONS) {
      this.scope.set(name, HOLE);
      this.#list(body, stdin);
    }
  }

  #simple(node: Command, stdin: Stdin): string | null {
    this.#commands += 1;
    if (this.#commands > MAX_COMMANDS) {
      if (this.#commands === MAX_COMMANDS + 1) this.verdicts.push(this.#tooMuch());
      return null;
    }
    let environment: string | null = null;
    const words: Word[] = node.name === undefined ? [] : expandWord(node.name, this);
    for (const assignment of node.prefix) {
      if (assignment.type !== "Assignment") continue;
      const value = this.#assignment(assignment);
      this.#given(assignment.name, value, node);
      if (/ENV|STAGE|PROFILE|WORKSPACE|CONTEXT/.test(assignment.name)) environment ??= statedEnvironment(value);
      // `X=1 cmd` sets X for cmd alone, whose words are already expanded.
      if (node.name === undefined) this.scope.set(assignment.name, value);
    }
    for (const part of node.suffix) {
      if (part.type === "Word") words.push(...expandWord(part, this));
      else if (part.type === "Assignment") words.push(literal(`${part.name}=${this.#assignment(part)}`));
    }
    const { input, outputs } = this.#redirects(node.redirects, stdin);
    // `$(<x)` is what the file holds.
    if (words.length === 0 && input !== stdin && input.kind === "unknown") this.#sources.print(input.files ?? []);
    return this.#redirected(outputs, () => (words.length > 0 ? this.#run(words, input, this.#spanOf(node), environment) : input === stdin ? "" : knownText(input)));
  }

  /** What is redirected to a file is not printed. */
  #redirected(outputs: readonly Output[], body: () => string | null): string | null {
    if (outputs.length === 0) return body();
    const { printed, sources } = this.#sources.during(body);
    for (const { path, appends } of outputs) this.files.redirect(this.scope.cwd, path, appends, printed, sources);
    return "";
  }

  /** Whoever reads the variable runs its value, whether it was set for one command or for all that follow. */
  #given(name: string, value: string, node: Command): void {
    const outer = this.#outerSpan;
    this.#outerSpan = this.#spanOf(node);
    this.verdicts.push(...givenByVariable(name, value, this));
    this.#outerSpan = outer;
  }

  #assignment(node: { readonly value: Assignment["value"]; readonly index: unknown }): string {
    if (node.value.type === "ArrayValue") {
      for (const element of node.value.elements) expandToText(element, this);
      return HOLE;
    }
    return expandToText(node.value, this);
  }

  /** Judges the files that redirections write, and answers what standard input becomes. */
  #redirects(redirects: readonly Redirection[], stdin: Stdin): { readonly input: Stdin; readonly outputs: readonly Output[] } {
    let input = stdin;
    const outputs: Output[] = [];
    for (const redirect of redirects) {
      if (redirect.type === "HereDoc") {
        const { body } = redirect;
        input = { kind: "text", text: body.parts === undefined ? body.text : textOfParts(body.parts, this) };
      } else if (redirect.type === "HereString") input = { kind: "text", text: redirect.target === undefined ? HOLE : expandToText(redirect.target, this) };
      else {
        const target = redirect.target === undefined ? HOLE : expandToText(redirect.target, this);
        if (redirect.operator === "<" || redirect.operator === "<>") input = this.#fileAsInput(target);
        const output = outputOfRedirect(redirect, target);
        if (output !== null) outputs.push(output);
        this.verdicts.push(...judgeRedirect(redirect.operator, target, this.#spanOf(redirect)));
      }
    }
    return { input, outputs };
  }

  #fileAsInput(path: string): Stdin {
    const text = this.files.read(this.scope.cwd, path);
    return text === null ? { kind: "unknown", from: path, files: [path] } : { kind: "text", text };
  }

  #run(words: readonly Word[], stdin: Stdin, span: Span | null, environment: string | null): string | null {
    const [head, ...args] = words;
    if (head === undefined) return "";
    const name = head.text;
    // `command rm` is the program even where the script has a function or alias of that name.
    const isProgram = (name === "command" || name === "builtin") && args[0] !== undefined && !args[0].text.startsWith("-");
    if (isProgram) return this.#program(args[0]!, args.slice(1), stdin, span, environment);
    const body = this.scope.functions.get(name);
    if (body !== undefined && isKnown(head)) return this.#call(name, body.body, args, stdin);
    const alias = this.scope.aliases.get(name);
    if (alias !== undefined && !this.#calling.includes(name)) return this.#alias(name, alias, args, stdin);
    return this.#program(head, args, stdin, span, environment);
  }

  #program(head: Word, args: readonly Word[], stdin: Stdin, span: Span | null, environment: string | null): string | null {
    if (!this.#handed.fits(args, stdin, weightOf(head.text))) return this.#stops();
    const name = head.text;
    const program = name.slice(name.lastIndexOf("/") + 1);
    const project = this.#project;
    if (leavesMachine(program)) this.#project = null;
    // A relative path is one from where the script stands; absolute ones keep their meaning once it went elsewhere.
    const paths = this.scope.cwd === "" ? below(this.#project, program, args) : args;
    const call: Invocation = { program, path: name, args: paths, stdin, span, environment, cwd: this.scope.cwd, files: this.files, substituted: this.#sources.substituted };
    const outer = this.#outerSpan;
    this.#outerSpan = span;
    const written = name.includes("/") ? this.files.read(this.scope.cwd, name) : null;
    this.verdicts.push(...(written === null ? judgeInvocation(call, this, this.scope) : runKnownFile(name, written, call, this)));
    this.#outerSpan = outer;
    this.#project = project;
    noteFiles(call);
    const output = outputOf(call);
    if (output === null) this.#sources.print(sourcesOf(call));
    return output;
  }

  /** Says so once; nothing further is followed. */
  #stops(): null {
    if (this.#steps <= MAX_STEPS) this.verdicts.push(this.#tooMuch());
    this.#steps = MAX_STEPS + 1;
    return null;
  }

  #alias(name: string, alias: string, args: readonly Word[], stdin: Stdin): null {
    this.#calling.push(name);
    // More than plain words: the shell would read it anew.
    const isScript = /[^\w ./:=@%+,-]/.test(alias);
    this.#deeper(() => {
      if (isScript) this.verdicts.push(...this.script([alias, ...args.map(({ text }) => text)].join(" "), stdin));
      else this.#run([...alias.trim().split(/\s+/).map(literal), ...args], stdin, this.#outerSpan, null);
    });
    this.#calling.pop();
    return null;
  }

  #call(name: string, body: SyntaxNode, args: readonly Word[], stdin: Stdin): null {
    if (this.#calling.includes(name)) {
      this.verdicts.push(unknownVerdict("shell.recursion", "shell.recursion", `The function ${name.slice(0, 64)} calls itself.`, this.#outerSpan));
      return null;
    }
    this.#calling.push(name);
    for (let at = 0; at < Math.max(args.length, 9); at += 1) this.scope.set(String(at + 1), args[at]?.text ?? "");
    const all = args.map(({ text }) => text).join(" ");
    this.scope.set("@", all);
    this.scope.set("*", all);
    const outer = this.scope.arguments;
    this.scope.arguments = args;
    this.#deeper(() => void this.#any(body as CompoundList, stdin));
    this.scope.arguments = outer;
    this.#calling.pop();
    return null;
  }

  #spanOf(node: { readonly pos: number; readonly end: number }): Span | null {
    if (this.#outerSpan !== null) return this.#outerSpan.end === 0 ? null : this.#outerSpan;
    return { start: node.pos, end: node.end };
  }
}
