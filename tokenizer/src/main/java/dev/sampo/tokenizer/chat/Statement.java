package dev.sampo.tokenizer.chat;

import java.util.List;

/** Something that writes. */
interface Statement {
  int NEXT = 0;
  int BREAK = 1;
  int CONTINUE = 2;

  /** Writes to {@code out}; says how to go on. */
  int run(Scope scope, StringBuilder out);

  /** A statement that knows its line. */
  static Statement at(int line, Statement statement) {
    return (scope, out) -> {
      scope.run.line = line;
      return statement.run(scope, out);
    };
  }

  /** One after the other. */
  static Statement all(List<Statement> statements) {
    Statement[] body = statements.toArray(new Statement[0]);
    return (scope, out) -> {
      scope.run.enter("the chat template");
      try {
        for (Statement s : body) {
          scope.run.step("the chat template");
          int how = s.run(scope, out);
          if (how != NEXT) {
            return how;
          }
        }
        return NEXT;
      } finally {
        scope.run.leave();
      }
    };
  }
}
