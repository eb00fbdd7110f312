package dev.sampo.tokenizer.chat;

import java.util.List;

/** Something that writes. */
interface Statement {
  int NEXT = 0;
  int BREAK = 1;
  int CONTINUE = 2;

  /** Writes to {@code out}; says how to go on. */
  int run(Scope scope, StringBuilder out);

  /** One after the other. */
  static Statement all(List<Statement> statements) {
    Statement[] body = statements.toArray(new Statement[0]);
    return (scope, out) -> {
      for (Statement s : body) {
        scope.step(out);
        int how = s.run(scope, out);
        if (how != NEXT) {
          return how;
        }
      }
      return NEXT;
    };
  }
}
