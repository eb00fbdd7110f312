package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.chat.Lexer.Kind;
import dev.sampo.tokenizer.chat.Lexer.Token;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Expressions by the grammar of Jinja2, from the loosest operator to the tightest. Chains of operators of one kind become one function with
 * a loop, so that long ones do not go deep.
 */
class ExpressionParser extends TokenStream {
  private static final int MAX_DIGITS = 4300;
  private static final List<String> NO_ARGUMENT =
      Arrays.asList("else", "or", "and", "is", "if", "in", "not", "recursive");

  /** Names that were read since the last macro began: it looks for varargs, kwargs and caller. */
  Set<String> namesSeen = new HashSet<>();

  /** Inside of an if: what is unknown there is an error only if it is reached. */
  int conditional;

  ExpressionParser(List<Token> tokens) {
    super(tokens);
  }

  /** One expression, or several with commas between: a tuple. */
  final Expression expressions() {
    Expression first = ternary(true);
    if (!isOperator(",")) {
      return first;
    }
    List<Expression> all = new ArrayList<>();
    all.add(first);
    while (take(",")) {
      if (token().kind == Kind.BLOCK_END
          || token().kind == Kind.PRINT_END
          || isOperator(")")
          || isOperator("]")) {
        break;
      }
      all.add(ternary(true));
    }
    return scope -> new Sequence.Tuple(values(all, scope));
  }

  private static List<@Nullable Object> values(List<Expression> all, Scope scope) {
    scope.run.elements(all.size(), "a list");
    List<@Nullable Object> out = new ArrayList<>(all.size());
    for (Expression e : all) {
      out.add(e.value(scope));
    }
    return out;
  }

  final Expression ternary(boolean withIf) {
    enter();
    List<Expression> values = new ArrayList<>();
    List<Expression> tests = new ArrayList<>();
    Expression last = or();
    while (withIf && takeName("if")) {
      conditional++;
      values.add(last);
      tests.add(or());
      if (takeName("else")) {
        last = or();
        conditional--;
      } else {
        conditional--;
        int line = token().line;
        last = scope -> new Undefined("the 'if' without 'else' of line " + line);
        break;
      }
    }
    leave();
    if (tests.isEmpty()) {
      return last;
    }
    Expression otherwise = last;
    return scope -> {
      for (int i = 0; i < tests.size(); i++) {
        if (Values.truth(tests.get(i).value(scope))) {
          return values.get(i).value(scope);
        }
      }
      return otherwise.value(scope);
    };
  }

  private List<Expression> chain(String word, Supplier<Expression> next) {
    List<Expression> all = new ArrayList<>();
    do {
      all.add(next.get());
    } while (takeName(word));
    return all;
  }

  private Expression or() {
    return firstThat("or", chain("or", this::and), true);
  }

  private Expression and() {
    return firstThat("and", chain("and", this::not), false);
  }

  /** The first value whose truth is {@code wanted}, else the last. */
  private static Expression firstThat(String word, List<Expression> all, boolean wanted) {
    if (all.size() == 1) {
      return all.get(0);
    }
    return scope -> {
      Object v = null;
      for (Expression e : all) {
        scope.run.step("'" + word + "'");
        v = e.value(scope);
        if (Values.truth(v) == wanted) {
          break;
        }
      }
      return v;
    };
  }

  private Expression not() {
    int count = 0;
    while (isName("not") && !(following(1).kind == Kind.NAME && following(1).text.equals("in"))) {
      advance();
      count++;
    }
    Expression e = comparison();
    if (count == 0) {
      return e;
    }
    boolean wanted = count % 2 == 0;
    return scope -> Values.truth(e.value(scope)) == wanted;
  }

  private @Nullable String comparisonOperator() {
    if (token().kind == Kind.OPERATOR
        && Arrays.asList("==", "!=", "<", ">", "<=", ">=").contains(token().text)) {
      return advance().text;
    }
    if (takeName("in")) {
      return "in";
    }
    if (isName("not") && following(1).kind == Kind.NAME && following(1).text.equals("in")) {
      advance();
      advance();
      return "not in";
    }
    return null;
  }

  private Expression comparison() {
    Expression left = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    for (String op = comparisonOperator(); op != null; op = comparisonOperator()) {
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
        if (!Operators.compare(scope.run, operators.get(i), a, b)) {
          return false;
        }
        a = b;
      }
      return true;
    };
  }

  private Expression binary(List<String> operators, Supplier<Expression> next) {
    Expression first = next.get();
    List<String> ops = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    while (token().kind == Kind.OPERATOR && operators.contains(token().text)) {
      ops.add(advance().text);
      operands.add(next.get());
    }
    if (ops.isEmpty()) {
      return first;
    }
    return scope -> {
      Object v = first.value(scope);
      for (int i = 0; i < ops.size(); i++) {
        v = Operators.binary(scope.run, ops.get(i), v, operands.get(i).value(scope));
      }
      return v;
    };
  }

  private Expression sum() {
    return binary(Arrays.asList("+", "-"), this::concat);
  }

  private Expression concat() {
    List<Expression> all = new ArrayList<>();
    do {
      all.add(product());
    } while (take("~"));
    if (all.size() == 1) {
      return all.get(0);
    }
    return scope -> {
      StringBuilder out = new StringBuilder();
      for (Expression e : all) {
        int before = out.length();
        out.append(Values.text(scope.run, e.value(scope)));
        scope.run.characters(out.length() - before, "'~'");
      }
      return out.toString();
    };
  }

  private Expression product() {
    return binary(Arrays.asList("*", "/", "//", "%"), this::power);
  }

  private Expression power() {
    return binary(Arrays.asList("**"), () -> unary(true));
  }

  private Expression unary(boolean withFilter) {
    List<Boolean> signs = new ArrayList<>();
    while (isOperator("-") || isOperator("+")) {
      signs.add(advance().text.equals("-"));
    }
    Expression e = postfix(primary());
    e = signs.isEmpty() ? e : signed(e, signs);
    return withFilter ? filters(e) : e;
  }

  private static Expression signed(Expression e, List<Boolean> signs) {
    return scope -> {
      Object v = e.value(scope);
      for (int i = signs.size() - 1; i >= 0; i--) {
        v = signs.get(i) ? Operators.negated(scope.run, v) : Operators.positive(scope.run, v);
      }
      return v;
    };
  }

  private Expression primary() {
    Token t = advance();
    switch (t.kind) {
      case NAME:
        return named(t.text);
      case STRING:
        StringBuilder all = new StringBuilder(t.text);
        while (token().kind == Kind.STRING) {
          all.append(advance().text);
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
    if (t.kind == Kind.OPERATOR && t.text.equals("(")) {
      if (take(")")) {
        return scope -> new Sequence.Tuple();
      }
      Expression e = expressions();
      expect(")");
      return e;
    }
    if (t.kind == Kind.OPERATOR && t.text.equals("[")) {
      List<Expression> items = list();
      return scope -> values(items, scope);
    }
    if (t.kind == Kind.OPERATOR && t.text.equals("{")) {
      return map();
    }
    back(t.kind == Kind.END ? 0 : 1);
    throw unexpected();
  }

  private Expression named(String name) {
    switch (name) {
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
        namesSeen.add(name);
        return scope -> scope.get(name);
    }
  }

  private List<Expression> list() {
    List<Expression> all = new ArrayList<>();
    while (!take("]")) {
      all.add(ternary(true));
      if (!take(",")) {
        expect("]");
        break;
      }
    }
    return all;
  }

  private Object integer(String written) {
    int radix =
        written.length() < 2 || written.charAt(0) != '0'
            ? 10
            : "xX".indexOf(written.charAt(1)) >= 0
                ? 16
                : "oO".indexOf(written.charAt(1)) >= 0
                    ? 8
                    : "bB".indexOf(written.charAt(1)) >= 0 ? 2 : 10;
    String digits = radix == 10 ? written : written.substring(2);
    if (radix == 10 && digits.startsWith("0") && !digits.matches("0+")) {
      throw error("'" + written + "' begins with a zero");
    }
    if (digits.isEmpty() || digits.length() > MAX_DIGITS) {
      throw error("a number of " + digits.length() + " digits");
    }
    try {
      return Values.whole(new BigInteger(digits, radix));
    } catch (NumberFormatException e) {
      throw error("'" + written + "' is no number");
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
      scope.run.elements(keys.size(), "a dict");
      Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        out.put(Values.keyIn(scope.run, out, keys.get(i).value(scope)), values.get(i).value(scope));
      }
      return out;
    };
  }

  /** A step of a chain: what is made of the value before it. */
  private interface Step {
    @Nullable Object apply(Scope scope, @Nullable Object value);
  }

  /** A value and what is done to it, one after the other. */
  private static final class Chain implements Expression {
    final Expression first;
    final List<Step> steps;

    Chain(Expression first, List<Step> steps) {
      this.first = first;
      this.steps = steps;
    }

    @Override
    public @Nullable Object value(Scope scope) {
      Object v = first.value(scope);
      for (Step step : steps) {
        v = step.apply(scope, v);
      }
      return v;
    }
  }

  private static Expression chain(Expression first, List<Step> steps) {
    if (steps.isEmpty()) {
      return first;
    }
    if (first instanceof Chain) {
      List<Step> all = new ArrayList<>(((Chain) first).steps);
      all.addAll(steps);
      return new Chain(((Chain) first).first, all);
    }
    return new Chain(first, steps);
  }

  private Expression postfix(Expression first) {
    List<Step> steps = new ArrayList<>();
    String what = following(-1).kind == Kind.NAME ? following(-1).text : "this";
    while (true) {
      if (take(".")) {
        Token t = advance();
        if (t.kind == Kind.INTEGER) {
          Object index = integer(t.text);
          steps.add((scope, v) -> Operators.item(scope.run, v, index));
        } else if (t.kind == Kind.NAME) {
          String name = t.text;
          steps.add((scope, v) -> Operators.attribute(scope.run, v, name));
          what = name;
        } else {
          back(1);
          throw unexpected();
        }
      } else if (take("[")) {
        steps.add(subscript());
      } else if (take("(")) {
        steps.add(call(what));
      } else {
        return chain(first, steps);
      }
    }
  }

  private Step subscript() {
    List<@Nullable Expression> parts = new ArrayList<>();
    List<Expression> items = new ArrayList<>();
    boolean slice = false;
    Expression part = null;
    while (!isOperator("]")) {
      if (take(":")) {
        slice = true;
        parts.add(part);
        part = null;
      } else if (take(",")) {
        if (slice || part == null) {
          throw unexpected();
        }
        items.add(part);
        part = null;
      } else if (part == null) {
        part = ternary(true);
      } else {
        throw unexpected();
      }
    }
    expect("]");
    if (slice) {
      parts.add(part);
      if (parts.size() > 3 || !items.isEmpty()) {
        throw error("a slice with too many parts");
      }
      Expression start = parts.get(0);
      Expression stop = parts.get(1);
      Expression step = parts.size() > 2 ? parts.get(2) : null;
      return (scope, v) ->
          Operators.slice(
              scope.run, v, value(start, scope), value(stop, scope), value(step, scope));
    }
    if (!items.isEmpty()) {
      if (part != null) {
        items.add(part);
      }
      return (scope, v) -> Operators.item(scope.run, v, new Sequence.Tuple(values(items, scope)));
    }
    Expression index = part;
    if (index == null) {
      throw error("an empty index");
    }
    return (scope, v) -> Operators.item(scope.run, v, index.value(scope));
  }

  private static @Nullable Object value(@Nullable Expression e, Scope scope) {
    return e == null ? null : e.value(scope);
  }

  /** The arguments of a call. */
  static final class Arguments {
    private final List<Expression> args = new ArrayList<>();
    private final Map<String, Expression> named = new LinkedHashMap<>();
    private @Nullable Expression more;
    private @Nullable Expression moreNamed;

    List<@Nullable Object> values(Scope scope) {
      List<@Nullable Object> out = ExpressionParser.values(args, scope);
      if (more != null) {
        List<@Nullable Object> items = Values.items(scope.run, more.value(scope));
        scope.run.elements(items.size(), "'*'");
        out.addAll(items);
      }
      return out;
    }

    Map<String, @Nullable Object> namedValues(Scope scope) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      for (Map.Entry<String, Expression> e : named.entrySet()) {
        out.put(e.getKey(), e.getValue().value(scope));
      }
      if (moreNamed != null) {
        Object map = moreNamed.value(scope);
        if (!(map instanceof Map)) {
          throw scope.run.error("'**' of " + Values.type(map) + "; it takes a dict");
        }
        for (Map.Entry<?, ?> e : ((Map<?, ?>) map).entrySet()) {
          String key = Values.text(scope.run, e.getKey());
          if (out.containsKey(key)) {
            throw scope.run.error("the argument '" + key + "' is given twice");
          }
          out.put(key, e.getValue());
        }
      }
      return out;
    }
  }

  final Arguments arguments() {
    Arguments a = new Arguments();
    while (!take(")")) {
      if (take("**")) {
        a.moreNamed = once(a.moreNamed);
      } else if (take("*")) {
        a.more = once(a.more);
      } else if (token().kind == Kind.NAME
          && following(1).kind == Kind.OPERATOR
          && following(1).text.equals("=")) {
        String name = name();
        advance();
        if (a.named.put(name, ternary(true)) != null) {
          throw error("the argument '" + name + "' is given twice");
        }
      } else {
        if (!a.named.isEmpty() || a.more != null || a.moreNamed != null) {
          throw error("an argument without a name after one with a name");
        }
        a.args.add(ternary(true));
      }
      if (!take(",")) {
        expect(")");
        break;
      }
    }
    return a;
  }

  private Expression once(@Nullable Expression before) {
    if (before != null) {
      throw unexpected();
    }
    return ternary(true);
  }

  /** A call, which a call block gives its body. */
  private static final class Call implements Step {
    private final String what;
    private final Arguments arguments;
    private final @Nullable Function<Scope, Object> caller;

    Call(String what, Arguments arguments, @Nullable Function<Scope, Object> caller) {
      this.what = what;
      this.arguments = arguments;
      this.caller = caller;
    }

    @Override
    public @Nullable Object apply(Scope scope, @Nullable Object f) {
      Run run = scope.run;
      if (!(f instanceof Callable)) {
        throw run.error(
            f instanceof Undefined
                ? ((Undefined) f).what + " is undefined, and cannot be called"
                : "'" + what + "' is " + Values.type(f) + ", and cannot be called");
      }
      run.enter("calling '" + what + "'");
      int line = run.line;
      Map<String, @Nullable Object> named = arguments.namedValues(scope);
      if (caller != null) {
        named.put("caller", caller.apply(scope));
      }
      Object result = ((Callable) f).call(run, arguments.values(scope), named);
      run.line = line;
      run.leave();
      return result;
    }
  }

  private Step call(String what) {
    return new Call(what, arguments(), null);
  }

  /** The call that an expression is, given a body for the macro's {@code caller()}. */
  final Expression withCaller(Expression e, Function<Scope, Object> caller) {
    List<Step> steps = e instanceof Chain ? new ArrayList<>(((Chain) e).steps) : new ArrayList<>();
    Step last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
    if (!(last instanceof Call)) {
      throw error("'call' needs a call");
    }
    Call call = (Call) last;
    steps.set(steps.size() - 1, new Call(call.what, call.arguments, caller));
    return new Chain(((Chain) e).first, steps);
  }

  private Expression filters(Expression first) {
    List<Step> steps = new ArrayList<>();
    while (true) {
      if (take("|")) {
        steps.add(filter());
      } else if (takeName("is")) {
        steps.add(test());
      } else if (take("(")) {
        steps.add(call("this"));
      } else {
        return chain(first, steps);
      }
    }
  }

  /** Filters with {@code |} between, on a text that a block wrote. */
  final Expression filterChain(Expression input, boolean begun) {
    List<Step> steps = new ArrayList<>();
    boolean more = begun || take("|");
    while (more) {
      steps.add(filter());
      more = take("|");
    }
    return chain(input, steps);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(name());
    while (take(".")) {
      name.append('.').append(name());
    }
    return name.toString();
  }

  private Step filter() {
    String name = dottedName();
    if (!Filters.has(name) && conditional == 0) {
      throw error("unknown filter '" + name + "'");
    }
    Arguments a = take("(") ? arguments() : new Arguments();
    return (scope, v) -> {
      scope.run.enter("filter '" + name + "'");
      Object result = Filters.filter(scope.run, name, v, a.values(scope), a.namedValues(scope));
      scope.run.leave();
      return result;
    };
  }

  private Step test() {
    boolean not = takeName("not");
    String name = dottedName();
    Arguments a = new Arguments();
    if (isName("is")) {
      throw error("tests with 'is' cannot be chained");
    }
    if (take("(")) {
      a = arguments();
    } else if (token().kind == Kind.NAME && !NO_ARGUMENT.contains(token().text)
        || token().kind == Kind.STRING
        || token().kind == Kind.INTEGER
        || token().kind == Kind.FLOAT
        || isOperator("(")
        || isOperator("[")
        || isOperator("{")) {
      a.args.add(postfix(primary()));
    }
    if (!Tests.has(name) && conditional == 0) {
      throw error("unknown test '" + name + "'");
    }
    Arguments arguments = a;
    return (scope, v) ->
        Tests.test(scope.run, name, v, arguments.values(scope), arguments.namedValues(scope))
            != not;
  }
}
