package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.chat.Lexer.Kind;
import dev.sampo.tokenizer.chat.Lexer.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads Jinja, by the grammar of Jinja2, and makes functions of it. */
final class Parser {
  private static final int MAX_DEPTH = 150;

  /** A name that no template can use: the text of the block under way. */
  private static final String BODY = " body";

  private final List<Token> tokens;
  private int at;
  private int depth;

  Parser(String template) {
    tokens = Lexer.read(template);
  }

  Statement parse() {
    Statement all = block();
    if (token().kind != Kind.END) {
      throw error("unexpected '" + peekName() + "'");
    }
    return all;
  }

  // ---- statements

  private Token token() {
    return tokens.get(at);
  }

  private ChatTemplateException error(String what) {
    return new ChatTemplateException("Chat template, line " + token().line + ": " + what);
  }

  /** The name of the block tag that stands here, or an empty string. */
  private String peekName() {
    return token().kind == Kind.BLOCK_BEGIN ? tokens.get(at + 1).text : "";
  }

  private Statement block(String... ends) {
    enter();
    List<Statement> out = new ArrayList<>();
    while (token().kind != Kind.END && !Arrays.asList(ends).contains(peekName())) {
      Token t = token();
      at++;
      if (t.kind == Kind.TEXT) {
        String text = t.text;
        out.add(
            (scope, o) -> {
              o.append(text);
              return Statement.NEXT;
            });
      } else if (t.kind == Kind.PRINT_BEGIN) {
        Expression e = expressions();
        expect(Kind.PRINT_END);
        out.add(
            (scope, o) -> {
              o.append(Values.text(e.value(scope)));
              return Statement.NEXT;
            });
      } else if (t.kind == Kind.BLOCK_BEGIN) {
        String name = name();
        if (name.startsWith("end") || name.equals("else") || name.equals("elif")) {
          at -= 2;
          break;
        }
        out.add(statement(name));
      } else {
        throw error("unexpected '" + t.text + "'");
      }
    }
    depth--;
    return Statement.all(out);
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("nested more than " + MAX_DEPTH + " deep");
    }
  }

  private void end(String name) {
    if (!peekName().equals(name)) {
      throw error("expected '" + name + "', got '" + peekName() + "'");
    }
    at += 2;
    if (token().kind == Kind.NAME) {
      at++; // endmacro may repeat the name
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
        expect(Kind.BLOCK_END);
        return (scope, out) -> Statement.BREAK;
      case "continue":
        expect(Kind.BLOCK_END);
        return (scope, out) -> Statement.CONTINUE;
      case "generation":
        {
          // transformers marks what the assistant said; the text is the same
          expect(Kind.BLOCK_END);
          Statement body = block("endgeneration");
          end("endgeneration");
          return body;
        }
      case "filter":
        return filterStatement();
      case "call":
        return callStatement();
      case "with":
        return withStatement();
      case "do":
        {
          Expression e = expressions();
          expect(Kind.BLOCK_END);
          return (scope, out) -> {
            e.value(scope);
            return Statement.NEXT;
          };
        }
      default:
        throw error("unknown tag '" + name + "'");
    }
  }

  private Statement ifStatement() {
    Expression test = expressions();
    expect(Kind.BLOCK_END);
    Statement then = block("elif", "else", "endif");
    Statement otherwise;
    if (peekName().equals("elif")) {
      at += 2;
      otherwise = ifStatement();
    } else {
      if (peekName().equals("else")) {
        at += 2;
        expect(Kind.BLOCK_END);
        otherwise = block("endif");
      } else {
        otherwise = (scope, out) -> Statement.NEXT;
      }
      end("endif");
    }
    return (scope, out) -> (Values.truth(test.value(scope)) ? then : otherwise).run(scope, out);
  }

  private List<String> targets() {
    List<String> names = new ArrayList<>();
    boolean paren = take("(");
    do {
      names.add(name());
    } while (take(","));
    if (paren) {
      expect(")");
    }
    return names;
  }

  private static void assign(Scope scope, List<String> names, @Nullable Object value) {
    if (names.size() == 1) {
      scope.set(names.get(0), value);
      return;
    }
    List<@Nullable Object> parts = Values.items(value);
    if (parts.size() != names.size()) {
      throw new ChatTemplateException(
          "Cannot unpack " + parts.size() + " values into " + names.size() + " names");
    }
    for (int i = 0; i < parts.size(); i++) {
      scope.set(names.get(i), parts.get(i));
    }
  }

  private Statement forStatement() {
    List<String> names = targets();
    expectName("in");
    Expression list = ternary(false);
    Expression filter = takeName("if") ? ternary(true) : null;
    takeName("recursive");
    expect(Kind.BLOCK_END);
    Statement body = block("else", "endfor");
    Statement otherwise = null;
    if (peekName().equals("else")) {
      at += 2;
      expect(Kind.BLOCK_END);
      otherwise = block("endfor");
    }
    end("endfor");
    Statement none = otherwise;
    return (scope, out) -> {
      List<@Nullable Object> items = Values.items(list.value(scope));
      if (filter != null) {
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : items) {
          Scope inner = new Scope(scope);
          assign(inner, names, item);
          if (Values.truth(filter.value(inner))) {
            kept.add(item);
          }
        }
        items = kept;
      }
      for (int i = 0; i < items.size(); i++) {
        scope.step(out);
        Scope inner = new Scope(scope);
        inner.set("loop", loop(items, i));
        assign(inner, names, items.get(i));
        if (body.run(inner, out) == Statement.BREAK) {
          break;
        }
      }
      return items.isEmpty() && none != null ? none.run(scope, out) : Statement.NEXT;
    };
  }

  private static Map<@Nullable Object, @Nullable Object> loop(List<@Nullable Object> items, int i) {
    int n = items.size();
    Map<@Nullable Object, @Nullable Object> loop = new LinkedHashMap<>();
    loop.put("index", i + 1L);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) (n - i));
    loop.put("revindex0", n - i - 1L);
    loop.put("first", i == 0);
    loop.put("last", i == n - 1);
    loop.put("length", (long) n);
    loop.put("previtem", i == 0 ? Values.UNDEFINED : items.get(i - 1));
    loop.put("nextitem", i == n - 1 ? Values.UNDEFINED : items.get(i + 1));
    loop.put("cycle", (Values.Callable) (args, named) -> args.get(i % args.size()));
    return loop;
  }

  private Statement setStatement() {
    String first = name();
    if (take(".")) {
      String field = name();
      expect("=");
      Expression value = expressions();
      expect(Kind.BLOCK_END);
      return (scope, out) -> {
        Object target = scope.get(first);
        if (!(target instanceof Builtins.Namespace)) {
          throw new ChatTemplateException(
              "'" + first + "' is not a namespace: cannot set '" + field + "' of it");
        }
        ((Builtins.Namespace) target).put(field, value.value(scope));
        return Statement.NEXT;
      };
    }
    List<String> names = new ArrayList<>();
    names.add(first);
    while (take(",")) {
      names.add(name());
    }
    if (take("=")) {
      Expression value = expressions();
      expect(Kind.BLOCK_END);
      return (scope, out) -> {
        assign(scope, names, value.value(scope));
        return Statement.NEXT;
      };
    }
    Expression chain = scope -> scope.get(BODY);
    while (take("|")) {
      chain = filter(chain);
    }
    expect(Kind.BLOCK_END);
    Statement body = block("endset");
    end("endset");
    Expression value = chain;
    return (scope, out) -> {
      scope.set(first, value.value(rendered(body, scope)));
      return Statement.NEXT;
    };
  }

  /** A scope in which {@link #BODY} is the text that {@code body} writes. */
  private static Scope rendered(Statement body, Scope scope) {
    StringBuilder text = new StringBuilder();
    body.run(new Scope(scope), text);
    Scope inner = new Scope(scope);
    inner.set(BODY, text.toString());
    return inner;
  }

  private Statement filterStatement() {
    Expression chain = filter(scope -> scope.get(BODY));
    while (take("|")) {
      chain = filter(chain);
    }
    expect(Kind.BLOCK_END);
    Statement body = block("endfilter");
    end("endfilter");
    Expression value = chain;
    return (scope, out) -> {
      out.append(Values.text(value.value(rendered(body, scope))));
      return Statement.NEXT;
    };
  }

  private Statement withStatement() {
    List<String> names = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (token().kind != Kind.BLOCK_END) {
      names.add(name());
      expect("=");
      values.add(ternary(true));
      take(",");
    }
    expect(Kind.BLOCK_END);
    Statement body = block("endwith");
    end("endwith");
    return (scope, out) -> {
      Scope inner = new Scope(scope);
      for (int i = 0; i < names.size(); i++) {
        inner.set(names.get(i), values.get(i).value(scope));
      }
      return body.run(inner, out);
    };
  }

  private static final class Parameters {
    final List<String> names = new ArrayList<>();
    final List<@Nullable Expression> defaults = new ArrayList<>();
  }

  private Parameters parameters() {
    Parameters p = new Parameters();
    expect("(");
    while (!take(")")) {
      p.names.add(name());
      p.defaults.add(take("=") ? ternary(true) : null);
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    return p;
  }

  private static Values.Callable callable(
      Parameters p, Statement body, Scope definition, @Nullable Object caller) {
    return (args, named) -> {
      Scope inner = new Scope(definition);
      if (args.size() > p.names.size()) {
        throw new ChatTemplateException(
            "A macro takes " + p.names.size() + " arguments, got " + args.size());
      }
      for (int i = 0; i < p.names.size(); i++) {
        String name = p.names.get(i);
        Expression fallback = p.defaults.get(i);
        Object value =
            i < args.size()
                ? args.get(i)
                : named.containsKey(name)
                    ? named.get(name)
                    : fallback != null ? fallback.value(inner) : Values.UNDEFINED;
        inner.set(name, value);
      }
      inner.set("caller", named.containsKey("caller") ? named.get("caller") : caller);
      StringBuilder out = new StringBuilder();
      body.run(inner, out);
      return out.toString();
    };
  }

  private Statement macro() {
    String name = name();
    Parameters p = parameters();
    expect(Kind.BLOCK_END);
    Statement body = block("endmacro");
    end("endmacro");
    return (scope, out) -> {
      scope.set(name, callable(p, body, scope, Values.UNDEFINED));
      return Statement.NEXT;
    };
  }

  private Statement callStatement() {
    Parameters p = token().text.equals("(") ? parameters() : new Parameters();
    Expression call = expressions();
    expect(Kind.BLOCK_END);
    Statement body = block("endcall");
    end("endcall");
    if (!(call instanceof Call)) {
      throw error("'call' needs a call");
    }
    return (scope, out) -> {
      out.append(
          Values.text(((Call) call).value(scope, callable(p, body, scope, Values.UNDEFINED))));
      return Statement.NEXT;
    };
  }

  // ---- words

  private boolean take(String operator) {
    if (token().kind == Kind.OPERATOR && token().text.equals(operator)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String operator) {
    if (!take(operator)) {
      throw error("expected '" + operator + "', got '" + token().text + "'");
    }
  }

  private void expect(Kind kind) {
    if (token().kind != kind) {
      throw error("expected " + kind + ", got '" + token().text + "'");
    }
    at++;
  }

  private boolean isName(String word) {
    return token().kind == Kind.NAME && token().text.equals(word);
  }

  private boolean takeName(String word) {
    if (isName(word)) {
      at++;
      return true;
    }
    return false;
  }

  private void expectName(String word) {
    if (!takeName(word)) {
      throw error("expected '" + word + "', got '" + token().text + "'");
    }
  }

  private String name() {
    if (token().kind != Kind.NAME) {
      throw error("expected a name, got '" + token().text + "'");
    }
    return tokens.get(at++).text;
  }

  // ---- expressions, from the loosest to the tightest

  /** One expression, or several with commas between: a tuple. */
  private Expression expressions() {
    Expression first = ternary(true);
    if (!(token().kind == Kind.OPERATOR && token().text.equals(","))) {
      return first;
    }
    List<Expression> all = new ArrayList<>();
    all.add(first);
    while (take(",")) {
      if (token().kind == Kind.BLOCK_END || token().kind == Kind.PRINT_END || isClosing()) {
        break;
      }
      all.add(ternary(true));
    }
    return scope -> {
      Values.Tuple out = new Values.Tuple();
      for (Expression e : all) {
        out.add(e.value(scope));
      }
      return out;
    };
  }

  private boolean isClosing() {
    return token().kind == Kind.OPERATOR && (token().text.equals(")") || token().text.equals("]"));
  }

  private static Expression list(List<Expression> all) {
    return scope -> {
      List<@Nullable Object> out = new ArrayList<>();
      for (Expression e : all) {
        out.add(e.value(scope));
      }
      return out;
    };
  }

  private Expression ternary(boolean withIf) {
    enter();
    Expression e = or();
    while (withIf && takeName("if")) {
      Expression then = e;
      Expression test = or();
      Expression otherwise = takeName("else") ? ternary(true) : scope -> Values.UNDEFINED;
      e = scope -> Values.truth(test.value(scope)) ? then.value(scope) : otherwise.value(scope);
    }
    depth--;
    return e;
  }

  private Expression or() {
    Expression left = and();
    while (takeName("or")) {
      Expression a = left;
      Expression b = and();
      left =
          scope -> {
            Object v = a.value(scope);
            return Values.truth(v) ? v : b.value(scope);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (takeName("and")) {
      Expression a = left;
      Expression b = not();
      left =
          scope -> {
            Object v = a.value(scope);
            return Values.truth(v) ? b.value(scope) : v;
          };
    }
    return left;
  }

  private Expression not() {
    if (takeName("not")) {
      enter();
      Expression e = not();
      depth--;
      return scope -> !Values.truth(e.value(scope));
    }
    return comparison();
  }

  private Expression comparison() {
    Expression left = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    while (true) {
      String op = null;
      if (token().kind == Kind.OPERATOR
          && Arrays.asList("==", "!=", "<", ">", "<=", ">=").contains(token().text)) {
        op = tokens.get(at++).text;
      } else if (takeName("in")) {
        op = "in";
      } else if (isName("not")
          && tokens.get(at + 1).kind == Kind.NAME
          && tokens.get(at + 1).text.equals("in")) {
        at += 2;
        op = "not in";
      }
      if (op == null) {
        break;
      }
      operators.add(op);
      operands.add(sum());
    }
    if (operators.isEmpty()) {
      return left;
    }
    return scope -> {
      Object a = left.value(scope);
      for (int i = 0; i < operators.size(); i++) {
        Object b = operands.get(i).value(scope);
        if (!Builtins.compare(operators.get(i), a, b)) {
          return false;
        }
        a = b;
      }
      return true;
    };
  }

  private Expression binary(List<String> operators, java.util.function.Supplier<Expression> next) {
    Expression left = next.get();
    while (token().kind == Kind.OPERATOR && operators.contains(token().text)) {
      String op = tokens.get(at++).text;
      Expression a = left;
      Expression b = next.get();
      left = scope -> Builtins.binary(op, a.value(scope), b.value(scope));
    }
    return left;
  }

  private Expression sum() {
    return binary(Arrays.asList("+", "-"), this::concat);
  }

  private Expression concat() {
    return binary(Arrays.asList("~"), this::product);
  }

  private Expression product() {
    return binary(Arrays.asList("*", "/", "//", "%"), this::power);
  }

  private Expression power() {
    return binary(Arrays.asList("**"), () -> unary(true));
  }

  private Expression unary(boolean withFilter) {
    Expression e;
    if (take("-")) {
      enter();
      Expression inner = unary(false);
      depth--;
      e = scope -> Builtins.binary("-", 0L, inner.value(scope));
    } else if (take("+")) {
      enter();
      e = unary(false);
      depth--;
    } else {
      e = primary();
    }
    e = postfix(e);
    return withFilter ? filters(e) : e;
  }

  private Expression primary() {
    Token t = token();
    at++;
    switch (t.kind) {
      case NAME:
        switch (t.text) {
          case "true":
          case "True":
            return scope -> true;
          case "false":
          case "False":
            return scope -> false;
          case "none":
          case "None":
            return scope -> null;
          default:
            return scope -> scope.get(t.text);
        }
      case STRING:
        StringBuilder all = new StringBuilder(t.text);
        while (token().kind == Kind.STRING) {
          all.append(tokens.get(at++).text);
        }
        String text = all.toString();
        return scope -> text;
      case INTEGER:
        Object integer = integer(t.text);
        return scope -> integer;
      case FLOAT:
        double d = Double.parseDouble(t.text);
        return scope -> d;
      default:
        break;
    }
    if (t.text.equals("(")) {
      if (take(")")) {
        return scope -> new Values.Tuple();
      }
      Expression e = expressions();
      expect(")");
      return e;
    }
    if (t.text.equals("[")) {
      List<Expression> all = new ArrayList<>();
      while (!take("]")) {
        all.add(ternary(true));
        if (!take(",")) {
          expect("]");
          break;
        }
      }
      return list(all);
    }
    if (t.text.equals("{")) {
      return map();
    }
    at--;
    throw error("unexpected '" + t.text + "'");
  }

  private Object integer(String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw error("the number " + digits + " is too large");
    }
  }

  private Expression map() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!take("}")) {
      keys.add(ternary(true));
      expect(":");
      values.add(ternary(true));
      if (!take(",")) {
        expect("}");
        break;
      }
    }
    return scope -> {
      Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        out.put(keys.get(i).value(scope), values.get(i).value(scope));
      }
      return out;
    };
  }

  private Expression postfix(Expression first) {
    Expression e = first;
    while (true) {
      Expression target = e;
      if (take(".")) {
        Token t = tokens.get(at++);
        if (t.kind == Kind.INTEGER) {
          Object index = integer(t.text);
          e = scope -> Builtins.item(target.value(scope), index);
        } else {
          e = new Attribute(target, t.text);
        }
      } else if (take("[")) {
        e = subscript(target);
      } else if (take("(")) {
        e = call(target);
      } else {
        return e;
      }
    }
  }

  /** A field or a method. */
  private static final class Attribute implements Expression {
    final Expression target;
    final String name;

    Attribute(Expression target, String name) {
      this.target = target;
      this.name = name;
    }

    @Override
    public @Nullable Object value(Scope scope) {
      return Builtins.attribute(target.value(scope), name);
    }
  }

  private Expression subscript(Expression target) {
    Expression[] parts = new Expression[3];
    int n = 0;
    boolean slice = false;
    while (!take("]")) {
      if (take(":")) {
        slice = true;
        n++;
      } else if (n < 3) {
        parts[n] = ternary(true);
      }
      if (n > 2) {
        throw error("a slice with too many parts");
      }
    }
    if (slice) {
      return scope ->
          Builtins.slice(
              target.value(scope),
              value(parts[0], scope),
              value(parts[1], scope),
              value(parts[2], scope));
    }
    Expression index = parts[0];
    if (index == null) {
      throw error("an empty index");
    }
    return scope -> Builtins.item(target.value(scope), index.value(scope));
  }

  private static @Nullable Object value(@Nullable Expression e, Scope scope) {
    return e == null ? null : e.value(scope);
  }

  private static final class Arguments {
    final List<Expression> args = new ArrayList<>();
    final Map<String, Expression> named = new LinkedHashMap<>();

    List<@Nullable Object> values(Scope scope) {
      List<@Nullable Object> out = new ArrayList<>();
      for (Expression e : args) {
        out.add(e.value(scope));
      }
      return out;
    }

    Map<String, @Nullable Object> namedValues(Scope scope) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      for (Map.Entry<String, Expression> e : named.entrySet()) {
        out.put(e.getKey(), e.getValue().value(scope));
      }
      return out;
    }
  }

  private Arguments arguments() {
    Arguments a = new Arguments();
    while (!take(")")) {
      if (token().kind == Kind.NAME
          && tokens.get(at + 1).kind == Kind.OPERATOR
          && tokens.get(at + 1).text.equals("=")) {
        String name = name();
        at++;
        a.named.put(name, ternary(true));
      } else {
        a.args.add(ternary(true));
      }
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    return a;
  }

  /** A call, which a call block can give a caller. */
  private static final class Call implements Expression {
    private final Expression target;
    private final Arguments arguments;
    private final int line;

    Call(Expression target, Arguments arguments, int line) {
      this.target = target;
      this.arguments = arguments;
      this.line = line;
    }

    @Override
    public @Nullable Object value(Scope scope) {
      return value(scope, null);
    }

    @Nullable Object value(Scope scope, @Nullable Object caller) {
      Object f = target.value(scope);
      if (!(f instanceof Values.Callable)) {
        String what =
            target instanceof Attribute ? "'" + ((Attribute) target).name + "'" : Values.type(f);
        throw new ChatTemplateException(
            "Chat template, line " + line + ": " + what + " cannot be called");
      }
      Map<String, @Nullable Object> named = arguments.namedValues(scope);
      if (caller != null) {
        named.put("caller", caller);
      }
      return ((Values.Callable) f).call(arguments.values(scope), named);
    }
  }

  private Expression call(Expression target) {
    return new Call(target, arguments(), token().line);
  }

  private Expression filters(Expression first) {
    Expression e = first;
    while (true) {
      if (take("|")) {
        e = filter(e);
      } else if (takeName("is")) {
        e = test(e);
      } else if (take("(")) {
        e = call(e);
      } else {
        return e;
      }
    }
  }

  private Expression filter(Expression input) {
    StringBuilder name = new StringBuilder(name());
    while (take(".")) {
      name.append('.').append(name());
    }
    String f = name.toString();
    Arguments a = take("(") ? arguments() : new Arguments();
    if (!Builtins.isFilter(f)) {
      throw error("unknown filter '" + f + "'");
    }
    return scope -> Builtins.filter(f, input.value(scope), a.values(scope), a.namedValues(scope));
  }

  private Expression test(Expression input) {
    boolean not = takeName("not");
    Token t = tokens.get(at++);
    String name = t.text;
    Arguments a = new Arguments();
    if (take("(")) {
      a = arguments();
    } else if ((token().kind == Kind.NAME
            && !Arrays.asList("else", "or", "and", "is", "if", "in", "not").contains(token().text))
        || token().kind == Kind.STRING
        || token().kind == Kind.INTEGER
        || token().kind == Kind.FLOAT
        || (token().kind == Kind.OPERATOR
            && (token().text.equals("[") || token().text.equals("{")))) {
      a.args.add(postfix(primary()));
    }
    if (!Builtins.isTest(name)) {
      throw error("unknown test '" + name + "'");
    }
    Arguments arguments = a;
    return scope -> Builtins.test(name, input.value(scope), arguments.values(scope)) != not;
  }
}
