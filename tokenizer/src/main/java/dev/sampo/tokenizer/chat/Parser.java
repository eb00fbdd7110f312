package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.chat.Lexer.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads Jinja, by the grammar of Jinja2, and makes functions of it: the statements. */
final class Parser extends ExpressionParser {
  /** A name that no template can use: the text of the block under way. */
  private static final String BODY = " body";

  private int loops;

  Parser(String template) {
    super(Lexer.read(template));
  }

  Statement parse() {
    Statement all = block();
    if (token().kind != Kind.END) {
      throw error("unexpected '" + peekName() + "'");
    }
    return all;
  }

  /** The name of the block tag that stands here, or an empty string. */
  private String peekName() {
    return token().kind == Kind.BLOCK_BEGIN ? following(1).text : "";
  }

  private Statement block(String... ends) {
    enter();
    List<Statement> out = new ArrayList<>();
    while (token().kind != Kind.END && !Arrays.asList(ends).contains(peekName())) {
      int line = token().line;
      if (token().kind == Kind.TEXT) {
        out.add(text(advance().text));
      } else if (token().kind == Kind.PRINT_BEGIN) {
        advance();
        Expression e = expressions();
        expect(Kind.PRINT_END);
        out.add(Statement.at(line, (scope, o) -> print(scope, o, e.value(scope))));
      } else if (token().kind == Kind.BLOCK_BEGIN) {
        advance();
        String name = name();
        if (name.startsWith("end") || name.equals("else") || name.equals("elif")) {
          back(2);
          break;
        }
        out.add(Statement.at(line, statement(name)));
      } else {
        throw unexpected();
      }
    }
    leave();
    return Statement.all(out);
  }

  private static Statement text(String text) {
    return (scope, out) -> {
      scope.run.characters(text.length(), "writing text");
      out.append(text);
      return Statement.NEXT;
    };
  }

  private static int print(Scope scope, StringBuilder out, @Nullable Object value) {
    String text = Values.text(scope.run, value);
    scope.run.characters(text.length(), "writing a value");
    out.append(text);
    return Statement.NEXT;
  }

  private void end(String name) {
    if (!peekName().equals(name)) {
      throw error("expected '" + name + "', got '" + peekName() + "'");
    }
    advance();
    advance();
    if (token().kind == Kind.NAME) {
      advance(); // endblock may repeat the name
    }
    expect(Kind.BLOCK_END);
  }

  private Statement statement(String name) {
    switch (name) {
      case "if":
        return ifStatement();
      case "for":
        return forStatement();
      case "set":
        return setStatement();
      case "macro":
        return macro();
      case "break":
      case "continue":
        return leaveLoop(name);
      case "generation":
        // transformers marks what the assistant said; the text is the same
        return inner("endgeneration", true);
      case "block":
        String unused = name();
        return inner("endblock", true);
      case "filter":
        return filterStatement();
      case "call":
        return callStatement();
      case "with":
        return withStatement();
      case "autoescape":
        if (!takeName("false") && !takeName("False")) {
          throw error("'autoescape' is not supported: chat templates write plain text");
        }
        return inner("endautoescape", false);
      case "import":
      case "from":
      case "include":
      case "extends":
        throw error("'" + name + "' is not supported: a chat template is one file");
      default:
        throw error("unknown tag '" + name + "'");
    }
  }

  private Statement leaveLoop(String name) {
    if (loops == 0) {
      throw error("'" + name + "' outside of a loop");
    }
    expect(Kind.BLOCK_END);
    int how = name.equals("break") ? Statement.BREAK : Statement.CONTINUE;
    return (scope, out) -> how;
  }

  /** The statements up to an end tag, in a scope of their own. */
  private Statement inner(String end, boolean outsideOfLoops) {
    while (token().kind == Kind.NAME) {
      advance();
    }
    expect(Kind.BLOCK_END);
    int before = loops;
    loops = outsideOfLoops ? 0 : loops;
    Statement body = block(end);
    loops = before;
    end(end);
    return (scope, out) -> body.run(new Scope(scope), out);
  }

  private Statement ifStatement() {
    List<Expression> tests = new ArrayList<>();
    List<Statement> bodies = new ArrayList<>();
    Statement otherwise = null;
    conditional++;
    tests.add(expressions());
    expect(Kind.BLOCK_END);
    bodies.add(block("elif", "else", "endif"));
    while (peekName().equals("elif")) {
      advance();
      advance();
      tests.add(expressions());
      expect(Kind.BLOCK_END);
      bodies.add(block("elif", "else", "endif"));
    }
    if (peekName().equals("else")) {
      advance();
      advance();
      expect(Kind.BLOCK_END);
      otherwise = block("endif");
    }
    conditional--;
    end("endif");
    Statement last = otherwise;
    return (scope, out) -> {
      for (int i = 0; i < tests.size(); i++) {
        scope.run.step("'if'");
        if (Values.truth(tests.get(i).value(scope))) {
          return bodies.get(i).run(scope, out);
        }
      }
      return last == null ? Statement.NEXT : last.run(scope, out);
    };
  }

  // ---- names that take a value

  /** What is on the left of an assignment: a name, a field of a namespace, or several. */
  private interface Target {
    void assign(Scope scope, @Nullable Object value);
  }

  private Target targets(boolean fields) {
    List<Target> all = new ArrayList<>();
    boolean tuple = false;
    do {
      if (!all.isEmpty() && (isName("in") || isOperator("=") || isOperator(")"))) {
        break;
      }
      all.add(target(fields));
      tuple |= isOperator(",");
    } while (take(","));
    return tuple ? unpacked(all) : all.get(0);
  }

  private Target target(boolean fields) {
    if (take("(")) {
      enter();
      Target inner = targets(fields);
      leave();
      expect(")");
      return inner;
    }
    String name = name();
    if (fields && take(".")) {
      String field = name();
      return (scope, value) -> {
        Object space = scope.get(name);
        if (!(space instanceof Globals.Namespace)) {
          throw scope.run.error(
              "'"
                  + name
                  + "' is "
                  + Values.type(space)
                  + " and no namespace: cannot set '"
                  + field
                  + "' of it");
        }
        ((Globals.Namespace) space).put(field, value);
      };
    }
    if (Arrays.asList("true", "false", "none", "True", "False", "None").contains(name)) {
      throw error("cannot assign to '" + name + "'");
    }
    return (scope, value) -> scope.set(name, value);
  }

  private static Target unpacked(List<Target> all) {
    return (scope, value) -> {
      List<@Nullable Object> parts = Values.items(scope.run, value);
      if (parts.size() != all.size()) {
        throw scope.run.error(
            "cannot unpack " + parts.size() + " values into " + all.size() + " names");
      }
      for (int i = 0; i < parts.size(); i++) {
        all.get(i).assign(scope, parts.get(i));
      }
    };
  }

  private Statement setStatement() {
    Target target = targets(true);
    if (take("=")) {
      Expression value = expressions();
      expect(Kind.BLOCK_END);
      return (scope, out) -> {
        target.assign(scope, value.value(scope));
        return Statement.NEXT;
      };
    }
    Expression value = filterChain(scope -> scope.get(BODY), false);
    expect(Kind.BLOCK_END);
    Statement body = block("endset");
    end("endset");
    return (scope, out) -> {
      target.assign(scope, value.value(rendered(body, scope)));
      return Statement.NEXT;
    };
  }

  // ---- loops

  private Statement forStatement() {
    Target target = targets(false);
    if (following(-1).kind == Kind.NAME && following(-1).text.equals("loop")) {
      throw error("'loop' is the loop itself, and cannot be its variable");
    }
    expectName("in");
    Expression list = listOfLoop();
    Expression filter = takeName("if") ? ternary(true) : null;
    boolean recursive = takeName("recursive");
    expect(Kind.BLOCK_END);
    loops++;
    Statement body = block("else", "endfor");
    loops--;
    Statement otherwise = null;
    if (peekName().equals("else")) {
      advance();
      advance();
      expect(Kind.BLOCK_END);
      otherwise = block("endfor");
    }
    end("endfor");
    ForLoop loop = new ForLoop(target, filter, recursive, body, otherwise);
    return (scope, out) -> loop.run(scope, list.value(scope), 0, out);
  }

  /** The values of a loop: no condition, but perhaps a tuple. */
  private Expression listOfLoop() {
    List<Expression> all = new ArrayList<>();
    boolean tuple = false;
    do {
      if (!all.isEmpty() && token().kind == Kind.BLOCK_END) {
        break;
      }
      all.add(ternary(false));
      tuple |= isOperator(",");
    } while (take(","));
    return tuple
        ? scope -> {
          Sequence.Tuple out = new Sequence.Tuple();
          all.forEach(e -> out.add(e.value(scope)));
          return out;
        }
        : all.get(0);
  }

  private static final class ForLoop {
    private final Target target;
    private final @Nullable Expression filter;
    private final boolean recursive;
    private final Statement body;
    private final @Nullable Statement otherwise;

    ForLoop(
        Target target,
        @Nullable Expression filter,
        boolean recursive,
        Statement body,
        @Nullable Statement otherwise) {
      this.target = target;
      this.filter = filter;
      this.recursive = recursive;
      this.body = body;
      this.otherwise = otherwise;
    }

    int run(Scope scope, @Nullable Object list, int depth, StringBuilder out) {
      List<@Nullable Object> items = kept(scope, Values.items(scope.run, list));
      Loop loop = new Loop(items, depth, recursive ? again(scope, depth) : null);
      boolean whole = false;
      while (loop.next()) {
        scope.run.step("'for'");
        Scope inner = new Scope(scope);
        inner.set("loop", loop);
        target.assign(inner, loop.item());
        int how = body.run(inner, out);
        whole |= how == Statement.NEXT;
        if (how == Statement.BREAK) {
          break;
        }
      }
      // Jinja2 runs 'else' also where no round came to its end, by break or continue.
      return !whole && otherwise != null ? otherwise.run(scope, out) : Statement.NEXT;
    }

    private Callable again(Scope scope, int depth) {
      Signature signature = new Signature("/iterable");
      return (run, args, named) -> {
        StringBuilder text = new StringBuilder();
        int unused = run(scope, signature.bind(run, "loop()", args, named).get(0), depth + 1, text);
        return text.toString();
      };
    }

    private List<@Nullable Object> kept(Scope scope, List<@Nullable Object> items) {
      if (filter == null) {
        return items;
      }
      List<@Nullable Object> kept = new ArrayList<>();
      for (Object item : items) {
        scope.run.elements(1, "'for' with 'if'");
        Scope inner = new Scope(scope);
        target.assign(inner, item);
        if (Values.truth(filter.value(inner))) {
          kept.add(item);
        }
      }
      return kept;
    }
  }

  // ---- blocks whose text is used

  /** A scope in which {@link #BODY} is the text that {@code body} writes. */
  private static Scope rendered(Statement body, Scope scope) {
    StringBuilder text = new StringBuilder();
    int unused = body.run(new Scope(scope), text);
    Scope inner = new Scope(scope);
    inner.set(BODY, text.toString());
    return inner;
  }

  private Statement filterStatement() {
    Expression value = filterChain(scope -> scope.get(BODY), true);
    expect(Kind.BLOCK_END);
    Statement body = block("endfilter");
    end("endfilter");
    return (scope, out) -> print(scope, out, value.value(rendered(body, scope)));
  }

  private Statement withStatement() {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (token().kind != Kind.BLOCK_END) {
      targets.add(target(false));
      expect("=");
      values.add(ternary(true));
      if (!take(",")) {
        break;
      }
    }
    expect(Kind.BLOCK_END);
    Statement body = block("endwith");
    end("endwith");
    return (scope, out) -> {
      Scope inner = new Scope(scope);
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).assign(inner, values.get(i).value(scope));
      }
      return body.run(inner, out);
    };
  }

  // ---- macros

  private Macro.Parameters parameters() {
    Macro.Parameters p = new Macro.Parameters();
    expect("(");
    while (!take(")")) {
      if (isOperator("*") || isOperator("**")) {
        throw error("a macro takes more arguments by 'varargs' and 'kwargs', not by '*'");
      }
      p.names.add(name());
      Expression fallback = take("=") ? ternary(true) : null;
      if (fallback == null
          && !p.defaults.isEmpty()
          && p.defaults.get(p.defaults.size() - 1) != null) {
        throw error("a parameter without a default after one with a default");
      }
      p.defaults.add(fallback);
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    return p;
  }

  /** The statements of a macro, which says what else than its parameters it reads. */
  private Statement macroBody(Macro.Parameters p, String end) {
    Set<String> outside = namesSeen;
    int before = loops;
    namesSeen = new HashSet<>();
    loops = 0;
    Statement body = block(end);
    end(end);
    p.takesMore = namesSeen.contains("varargs");
    p.takesMoreNamed = namesSeen.contains("kwargs");
    p.takesCaller = namesSeen.contains("caller");
    outside.addAll(namesSeen);
    namesSeen = outside;
    loops = before;
    return body;
  }

  private Statement macro() {
    String name = name();
    Macro.Parameters p = parameters();
    expect(Kind.BLOCK_END);
    Statement body = macroBody(p, "endmacro");
    return (scope, out) -> {
      scope.set(name, new Macro(name, p, body, scope));
      return Statement.NEXT;
    };
  }

  private Statement callStatement() {
    Macro.Parameters p = isOperator("(") ? parameters() : new Macro.Parameters();
    Expression call = ternary(true);
    expect(Kind.BLOCK_END);
    Statement body = macroBody(p, "endcall");
    Expression text = withCaller(call, scope -> new Macro("caller", p, body, scope));
    return (scope, out) -> print(scope, out, text.value(scope));
  }
}
