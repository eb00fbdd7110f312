package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.sampo.samplers.text.constraint.Branch.Literal;
import dev.sampo.samplers.text.constraint.SchemaDocument.Draft;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes schemas, and their opposites, apart into branches: a value satisfies the schema if it satisfies one of them. Only what stands at the same place
 * is expanded; properties and items stay as schemas. Where something has no expression, a branch allows less than the schema, or refuses to be used.
 *
 * <p>Long because each keyword has its line here, as it is meant and as its opposite is.
 */
final class SchemaExpander {
  private static final int MAX_BRANCHES = 400;
  private static final int MAX_WORK = 200_000;
  private static final List<String> UNEVALUATED =
      List.of("unevaluatedProperties", "unevaluatedItems");

  /** Only of drafts from 2019-09 on. */
  private static final Set<String> NEW =
      Set.of(
          "$dynamicRef",
          "$recursiveRef",
          "dependentRequired",
          "dependentSchemas",
          "prefixItems",
          "unevaluatedItems",
          "unevaluatedProperties");

  /** Only of drafts before 2019-09. */
  private static final Set<String> OLD = Set.of("additionalItems", "dependencies");

  private final SchemaDocument document;
  private final Map<Literal, List<Branch>> known = new HashMap<>();
  private final Set<Literal> open = new HashSet<>();
  private final Map<Set<Literal>, Boolean> impossible = new HashMap<>();
  private int work;

  SchemaExpander(SchemaDocument document) {
    this.document = document;
  }

  /** The branches of schemas that have to hold together. */
  List<Branch> expand(Set<Literal> goal) {
    List<Branch> all = Collections.singletonList(Branch.of(Branch.ANY));
    for (Literal literal : goal) {
      all = product(literal.schema, "allOf", all, expand(literal));
    }
    all = new ArrayList<>(all);
    all.removeIf(branch -> isImpossible(branch, 0));
    return all;
  }

  private List<Branch> expand(Schema schema, boolean wanted) {
    return expand(new Literal(schema, wanted));
  }

  private List<Branch> expand(Literal literal) {
    if (literal.isTrue()) {
      return Collections.singletonList(Branch.of(Branch.ANY));
    }
    if (literal.isFalse()) {
      return Collections.emptyList();
    }
    List<Branch> branches = known.get(literal);
    if (branches == null) {
      if (open.size() > 200 || !open.add(literal)) {
        throw literal.schema.refuse("$ref", "the schema refers to itself without end");
      }
      branches = literal.wanted ? wanted(literal.schema) : opposite(literal.schema);
      open.remove(literal);
      known.put(literal, branches);
    }
    return branches;
  }

  private List<Branch> product(Schema schema, String keyword, List<Branch> a, List<Branch> b) {
    if (a.size() == 1 && isPlain(a.get(0))) {
      return b;
    }
    List<Branch> all = new ArrayList<>();
    for (Branch x : a) {
      for (Branch y : b) {
        Branch both = x.and(y);
        if (++work > MAX_WORK) {
          throw schema.refuse(keyword, "'" + keyword + "' has too many combinations");
        }
        if (both != null && !isImpossible(both, 0)) {
          all.add(both);
        }
      }
    }
    if (all.size() > MAX_BRANCHES) {
      throw schema.refuse(
          keyword, "'" + keyword + "' has more than " + MAX_BRANCHES + " combinations");
    }
    return all;
  }

  private static boolean isPlain(Branch branch) {
    return branch == PLAIN;
  }

  private static final Branch PLAIN = Branch.of(Branch.ANY);

  private static List<Branch> one(int types, Consumer<Branch> set) {
    Branch branch = Branch.of(types);
    set.accept(branch);
    return Collections.singletonList(branch);
  }

  /** A condition on values of some types; others are free. */
  private static List<Branch> about(int types, Consumer<Branch> set) {
    Branch branch = Branch.of(Branch.ANY).hint(types);
    set.accept(branch);
    return Collections.singletonList(branch);
  }

  // ---- as it is meant

  private List<Branch> wanted(Schema schema) {
    List<Branch> all = Collections.singletonList(PLAIN);
    boolean onlyRef = document.draft() == Draft.SEVEN && schema.has("$ref");
    for (Iterator<String> it = schema.node().fieldNames(); it.hasNext(); ) {
      String key = it.next();
      if (UNEVALUATED.contains(key) || (onlyRef && !key.equals("$ref"))) {
        continue;
      }
      List<Branch> options = wanted(schema, key);
      if (options != null) {
        all = product(schema, key, all, options);
      }
    }
    for (String key : UNEVALUATED) {
      if (schema.has(key) && document.draft() != Draft.SEVEN) {
        all = leftOver(schema, key, all);
      }
    }
    return all;
  }

  /** The branches of a keyword, or null where it says nothing about values. */
  private @Nullable List<Branch> wanted(Schema schema, String key) {
    if (isIgnored(schema, key)) {
      return null;
    }
    switch (key) {
      case "$ref":
      case "$dynamicRef":
      case "$recursiveRef":
        return expand(document.target(schema, key), true);
      case "allOf":
        List<Branch> all = Collections.singletonList(PLAIN);
        for (Schema part : schema.schemas(key)) {
          all = product(schema, key, all, expand(part, true));
        }
        return all;
      case "anyOf":
        List<Branch> any = new ArrayList<>();
        schema.schemas(key).forEach(part -> any.addAll(expand(part, true)));
        return any;
      case "oneOf":
        return exactlyOne(schema, schema.schemas(key));
      case "not":
        return blamed(schema, key, expand(schema.schema(key), false));
      case "if":
        return conditional(schema);
      case "type":
        int types = types(schema);
        return one(types, branch -> branch.typed = true);
      case "enum":
      case "const":
        return one(
            Branch.ANY,
            branch -> {
              branch.values = values(schema, key);
              branch.typed = true;
            });
      default:
        List<Branch> about = scalars(schema, key);
        about = about == null ? arrays(schema, key) : about;
        return about == null ? objects(schema, key) : about;
    }
  }

  private boolean isIgnored(Schema schema, String key) {
    return (document.draft() == Draft.MODERN && OLD.contains(key))
        || (document.draft() == Draft.SEVEN && NEW.contains(key))
        || (key.equals("additionalItems") && !schema.node().path("items").isArray())
        || (key.equals("if")
            && !schema.has("then")
            && !schema.has("else")
            && !document.hasUnevaluated());
  }

  private static List<Branch> blamed(Schema schema, String key, List<Branch> branches) {
    List<Branch> all = new ArrayList<>();
    branches.forEach(branch -> all.add(branch.refusedFor(schema, key)));
    return all;
  }

  private List<Branch> exactlyOne(Schema schema, List<Schema> options) {
    List<Branch> all = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      List<Branch> these = expand(options.get(i), true);
      for (int j = 0; j < options.size() && !these.isEmpty(); j++) {
        boolean apart =
            i == j || product(schema, "oneOf", these, expand(options.get(j), true)).isEmpty();
        if (!apart) {
          these =
              product(
                  schema, "oneOf", these, blamed(schema, "oneOf", expand(options.get(j), false)));
        }
      }
      all.addAll(these);
    }
    return all;
  }

  private List<Branch> conditional(Schema schema) {
    Schema condition = schema.schema("if");
    List<Branch> met = expand(condition, true);
    if (schema.has("then")) {
      met = product(schema, "then", met, expand(schema.schema("then"), true));
    }
    List<Branch> unmet = blamed(schema, "if", expand(condition, false));
    if (schema.has("else")) {
      unmet = product(schema, "else", unmet, expand(schema.schema("else"), true));
    }
    List<Branch> all = new ArrayList<>(met);
    all.addAll(unmet);
    return all;
  }

  private static int types(Schema schema) {
    JsonNode type = schema.node().path("type");
    if (type.isTextual()) {
      return type(schema, type.textValue());
    }
    int all = 0;
    for (String name : schema.names("type")) {
      all |= type(schema, name);
    }
    return all;
  }

  private static int type(Schema schema, String name) {
    switch (name) {
      case "object":
        return Branch.OBJECT;
      case "array":
        return Branch.ARRAY;
      case "string":
        return Branch.STRING;
      case "integer":
        return Branch.INTEGER;
      case "number":
        return Branch.NUMBER;
      case "boolean":
        return Branch.BOOLEAN;
      case "null":
        return Branch.NULL;
      default:
        throw schema.refuse("type", "type '" + name + "' is unknown");
    }
  }

  private static Map<String, JsonNode> values(Schema schema, String key) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    JsonNode node = schema.node().path(key);
    if (key.equals("const")) {
      values.put(SchemaNumbers.canonical(node), node);
      return values;
    }
    if (!node.isArray()) {
      throw schema.refuse(key, "'enum' must be an array of values");
    }
    node.forEach(value -> values.put(SchemaNumbers.canonical(value), value));
    return values;
  }

  private static @Nullable List<Branch> scalars(Schema schema, String key) {
    switch (key) {
      case "minimum":
      case "exclusiveMinimum":
      case "maximum":
      case "exclusiveMaximum":
        if (schema.node().path(key).isBoolean()) {
          return oldBound(schema, key, true);
        }
        Branch.Bound bound =
            new Branch.Bound(schema, key, schema.number(key), key.startsWith("exclusive"));
        return about(
            Branch.NUMBER,
            branch -> {
              branch.low = key.endsWith("inimum") ? bound : null;
              branch.high = key.endsWith("aximum") ? bound : null;
            });
      case "multipleOf":
        Branch.Multiple multiple = new Branch.Multiple(schema, factor(schema), true);
        return about(Branch.NUMBER, branch -> branch.multiples.add(multiple));
      case "minLength":
        int shortest = schema.count(key, null);
        return about(Branch.STRING, branch -> branch.minLength = shortest);
      case "maxLength":
        int longest = schema.count(key, null);
        return about(Branch.STRING, branch -> branch.maxLength = longest);
      case "pattern":
      case "format":
        if (key.equals("format") && !StringFormats.isKnown(schema.text(key))) {
          return null;
        }
        schema.text(key);
        return about(
            Branch.STRING, branch -> branch.texts.add(new Branch.TextRule(schema, key, true)));
      default:
        return null;
    }
  }

  /** Draft 4's {@code exclusiveMinimum: true} beside {@code minimum}. */
  private static @Nullable List<Branch> oldBound(Schema schema, String key, boolean wanted) {
    String other = key.equals("exclusiveMinimum") ? "minimum" : "maximum";
    if (!wanted || !schema.flag(key) || !schema.has(other)) {
      return null;
    }
    Branch.Bound bound = new Branch.Bound(schema, key, schema.number(other), true);
    return about(
        Branch.NUMBER,
        branch -> {
          branch.low = other.equals("minimum") ? bound : null;
          branch.high = other.equals("maximum") ? bound : null;
        });
  }

  private static BigDecimal factor(Schema schema) {
    BigDecimal factor = schema.number("multipleOf");
    if (factor.signum() <= 0) {
      throw schema.refuse("multipleOf", "'multipleOf' must be greater than 0");
    }
    return factor;
  }

  private @Nullable List<Branch> arrays(Schema schema, String key) {
    switch (key) {
      case "minItems":
        int fewest = schema.count(key, null);
        return about(Branch.ARRAY, branch -> branch.minItems = fewest);
      case "maxItems":
        int most = schema.count(key, null);
        return about(Branch.ARRAY, branch -> branch.maxItems = most);
      case "uniqueItems":
        return schema.flag(key) ? about(Branch.ARRAY, branch -> branch.unique = schema) : null;
      case "items":
      case "additionalItems":
      case "prefixItems":
        // Told once, by the first of them that is there.
        return key.equals(firstOf(schema))
            ? about(Branch.ARRAY, branch -> items(schema, branch))
            : null;
      case "contains":
        boolean counted = document.draft() != Draft.SEVEN;
        int min = counted ? schema.count("minContains", 1) : 1;
        int max = counted ? schema.count("maxContains", Expr.UNBOUNDED) : Expr.UNBOUNDED;
        Branch.Contains contains =
            new Branch.Contains(schema, new Literal(schema.schema(key), true), min, max);
        return min == 0 && max == Expr.UNBOUNDED
            ? null
            : about(Branch.ARRAY, branch -> branch.contains.add(contains));
      default:
        return null;
    }
  }

  private String firstOf(Schema schema) {
    for (Iterator<String> it = schema.node().fieldNames(); it.hasNext(); ) {
      String key = it.next();
      if (List.of("items", "additionalItems", "prefixItems").contains(key)
          && !isIgnored(schema, key)) {
        return key;
      }
    }
    return "";
  }

  private void items(Schema schema, Branch branch) {
    Branch.Items items = new Branch.Items();
    boolean old = schema.node().path("items").isArray();
    String first = old ? "items" : "prefixItems";
    String rest = old ? "additionalItems" : "items";
    if (schema.has(first) && !isIgnored(schema, first)) {
      schema.schemas(first).forEach(part -> items.first.add(new Literal(part, true)));
    }
    if (schema.has(rest) && !isIgnored(schema, rest)) {
      items.others = new Literal(schema.schema(rest), true);
    }
    branch.seenItems = items.first.size();
    branch.seenAllItems = items.others != null;
    branch.items.add(items);
  }

  private @Nullable List<Branch> objects(Schema schema, String key) {
    switch (key) {
      case "properties":
      case "patternProperties":
      case "additionalProperties":
        return key.equals(firstMembers(schema))
            ? about(Branch.OBJECT, branch -> members(schema, branch))
            : null;
      case "required":
        if (schema.node().path(key).isBoolean()) {
          // Draft 3's, which later drafts do not know: it stands at the property.
          throw schema.refuse(key, "'required' must be an array of names");
        }
        List<String> required = schema.names(key);
        return about(Branch.OBJECT, branch -> branch.required.addAll(required));
      case "minProperties":
        int fewest = schema.count(key, null);
        return about(
            Branch.OBJECT,
            branch -> {
              branch.minProperties = fewest;
              branch.minPropertiesFrom = schema;
            });
      case "maxProperties":
        int most = schema.count(key, null);
        return about(Branch.OBJECT, branch -> branch.maxProperties = most);
      case "propertyNames":
        Literal names = new Literal(schema.schema(key), true);
        return names.isTrue() ? null : about(Branch.OBJECT, branch -> branch.names.add(names));
      case "dependentRequired":
      case "dependentSchemas":
      case "dependencies":
        return dependent(schema, key);
      default:
        return SchemaKeywords.check(schema, key);
    }
  }

  private static String firstMembers(Schema schema) {
    for (Iterator<String> it = schema.node().fieldNames(); it.hasNext(); ) {
      String key = it.next();
      if (List.of("properties", "patternProperties", "additionalProperties").contains(key)) {
        return key;
      }
    }
    return "";
  }

  private static void members(Schema schema, Branch branch) {
    Branch.Members members = new Branch.Members(schema);
    if (schema.has("properties")) {
      schema
          .map("properties")
          .forEach((name, part) -> members.named.put(name, new Literal(part, true)));
    }
    if (schema.has("patternProperties")) {
      schema
          .map("patternProperties")
          .forEach((pattern, part) -> members.patterns.put(pattern, new Literal(part, true)));
    }
    if (schema.has("additionalProperties")) {
      members.others = new Literal(schema.schema("additionalProperties"), true);
    }
    branch.seenNames.addAll(members.named.keySet());
    branch.seenPatterns.addAll(members.patterns.keySet());
    branch.seenAllMembers = members.others != null;
    branch.members.add(members);
  }

  /** If a property is there, then others are, or a schema holds. */
  private List<Branch> dependent(Schema schema, String key) {
    List<Branch> all = Collections.singletonList(PLAIN);
    JsonNode object = schema.node().path(key);
    if (!object.isObject()) {
      throw schema.refuse(key, "'" + key + "' must be an object");
    }
    for (Iterator<Map.Entry<String, JsonNode>> it = object.fields(); it.hasNext(); ) {
      Map.Entry<String, JsonNode> field = it.next();
      String name = field.getKey();
      List<Branch> options = new ArrayList<>();
      options.addAll(about(Branch.OBJECT, branch -> branch.forbidden.add(name)));
      List<Branch> there =
          one(Branch.OBJECT, branch -> branch.hint(Branch.OBJECT).required.add(name));
      options.addAll(product(schema, key, there, consequence(schema, key, name, field.getValue())));
      all = product(schema, key, all, options);
    }
    return all;
  }

  private List<Branch> consequence(Schema schema, String key, String name, JsonNode then) {
    if (then.isArray() || key.equals("dependentRequired")) {
      List<String> names = schema.names(key, then);
      return one(Branch.OBJECT, branch -> branch.required.addAll(names));
    }
    String path = schema.path() + "/" + key + "/" + SchemaDocument.escaped(name);
    return expand(document.schemaAt(schema, then, path, key), true);
  }

  /** {@code unevaluatedProperties} and {@code unevaluatedItems}: for what this branch has not looked at. */
  private static List<Branch> leftOver(Schema schema, String key, List<Branch> branches) {
    Literal rest = new Literal(schema.schema(key), true);
    List<Branch> all = new ArrayList<>();
    for (Branch branch : branches) {
      Branch more = Branch.of(Branch.ANY);
      if (key.equals("unevaluatedProperties")) {
        more.hint(Branch.OBJECT);
        if (!branch.seenAllMembers) {
          Branch.Members members = new Branch.Members(schema);
          Literal free = free(schema);
          branch.seenNames.forEach(name -> members.named.put(name, free));
          branch.seenPatterns.forEach(pattern -> members.patterns.put(pattern, free));
          members.others = rest;
          more.members.add(members);
        }
        more.seenAllMembers = true;
      } else {
        more.hint(Branch.ARRAY);
        if (!branch.seenAllItems) {
          Branch.Items items = new Branch.Items();
          Literal free = free(schema);
          for (int i = 0; i < branch.seenItems; i++) {
            items.first.add(free);
          }
          items.others = rest;
          more.items.add(items);
        }
        more.seenAllItems = true;
      }
      Branch both = branch.and(more);
      if (both != null) {
        all.add(both);
      }
    }
    return all;
  }

  /** A schema that everything satisfies. */
  private static Literal free(Schema at) {
    return new Literal(new Schema(BooleanNode.TRUE, at.path(), at.base(), at.document()), true);
  }

  // ---- the opposite

  private List<Branch> opposite(Schema schema) {
    List<Branch> all = new ArrayList<>();
    boolean onlyRef = document.draft() != Draft.MODERN && schema.has("$ref");
    for (Iterator<String> it = schema.node().fieldNames(); it.hasNext(); ) {
      String key = it.next();
      if (onlyRef && !key.equals("$ref")) {
        continue;
      }
      // Where the document does not say its draft, nothing is built on keywords that only some
      // drafts know.
      if (!isIgnored(schema, key) && !OLD.contains(key)) {
        all.addAll(opposite(schema, key));
      }
    }
    if (all.size() > MAX_BRANCHES) {
      throw schema.refuse("not", "its opposite has more than " + MAX_BRANCHES + " cases");
    }
    List<Branch> unseen = new ArrayList<>();
    all.forEach(branch -> unseen.add(branch.unseen()));
    return unseen;
  }

  private List<Branch> opposite(Schema schema, String key) {
    switch (key) {
      case "$ref":
      case "$dynamicRef":
      case "$recursiveRef":
        return expand(document.target(schema, key), false);
      case "allOf":
        List<Branch> any = new ArrayList<>();
        schema.schemas(key).forEach(part -> any.addAll(expand(part, false)));
        return any;
      case "anyOf":
        return none(schema, key, schema.schemas(key));
      case "oneOf":
        return notOne(schema, schema.schemas(key));
      case "not":
        return expand(schema.schema(key), true);
      case "if":
        return notConditional(schema);
      case "type":
        return one(Branch.ANY & ~types(schema), branch -> branch.typed = false);
      case "enum":
      case "const":
        return one(
            Branch.ANY,
            branch -> {
              branch.excluded.putAll(values(schema, key));
              branch.excluder = schema;
            });
      default:
        List<Branch> about = notScalars(schema, key);
        about = about == null ? notArrays(schema, key) : about;
        about = about == null ? notObjects(schema, key) : about;
        return about == null ? Collections.emptyList() : about;
    }
  }

  private List<Branch> none(Schema schema, String key, List<Schema> parts) {
    List<Branch> all = Collections.singletonList(PLAIN);
    for (Schema part : parts) {
      all = product(schema, key, all, expand(part, false));
    }
    return all;
  }

  private List<Branch> notOne(Schema schema, List<Schema> parts) {
    List<Branch> all = new ArrayList<>(none(schema, "oneOf", parts));
    for (int i = 0; i < parts.size(); i++) {
      for (int j = i + 1; j < parts.size(); j++) {
        all.addAll(
            product(schema, "oneOf", expand(parts.get(i), true), expand(parts.get(j), true)));
      }
    }
    return all;
  }

  private List<Branch> notConditional(Schema schema) {
    Schema condition = schema.schema("if");
    List<Branch> all = new ArrayList<>();
    if (schema.has("then")) {
      all.addAll(
          product(schema, "if", expand(condition, true), expand(schema.schema("then"), false)));
    }
    if (schema.has("else")) {
      all.addAll(
          product(schema, "if", expand(condition, false), expand(schema.schema("else"), false)));
    }
    return all;
  }

  private static @Nullable List<Branch> notScalars(Schema schema, String key) {
    switch (key) {
      case "minimum":
      case "exclusiveMinimum":
      case "maximum":
      case "exclusiveMaximum":
        if (schema.node().path(key).isBoolean()) {
          return refused(schema, key, Branch.NUMBER);
        }
        boolean low = key.endsWith("inimum");
        Branch.Bound bound =
            new Branch.Bound(schema, key, schema.number(key), !key.startsWith("exclusive"));
        return one(
            Branch.NUMBER,
            branch -> {
              branch.low = low ? null : bound;
              branch.high = low ? bound : null;
            });
      case "multipleOf":
        Branch.Multiple multiple = new Branch.Multiple(schema, factor(schema), false);
        return one(Branch.NUMBER, branch -> branch.multiples.add(multiple));
      case "minLength":
        int shortest = schema.count(key, null);
        return shortest == 0
            ? Collections.emptyList()
            : one(Branch.STRING, branch -> branch.maxLength = shortest - 1);
      case "maxLength":
        int longest = schema.count(key, null);
        return longest == Expr.UNBOUNDED
            ? Collections.emptyList()
            : one(Branch.STRING, branch -> branch.minLength = longest + 1);
      case "pattern":
        schema.text(key);
        return one(
            Branch.STRING, branch -> branch.texts.add(new Branch.TextRule(schema, key, false)));
      case "format":
        // A format may be an annotation only, so nothing breaks it for certain.
        return refused(schema, key, Branch.STRING);
      default:
        return null;
    }
  }

  private @Nullable List<Branch> notArrays(Schema schema, String key) {
    switch (key) {
      case "minItems":
        int fewest = schema.count(key, null);
        return fewest == 0
            ? Collections.emptyList()
            : one(Branch.ARRAY, branch -> branch.maxItems = fewest - 1);
      case "maxItems":
        int most = schema.count(key, null);
        return most == Expr.UNBOUNDED
            ? Collections.emptyList()
            : one(Branch.ARRAY, branch -> branch.minItems = most + 1);
      case "uniqueItems":
        return schema.flag(key) ? refused(schema, key, Branch.ARRAY) : Collections.emptyList();
      case "items":
      case "prefixItems":
        return key.equals(firstOf(schema)) ? someItem(schema) : Collections.emptyList();
      case "contains":
        if (schema.has("minContains") || schema.has("maxContains")) {
          return refused(schema, key, Branch.ARRAY);
        }
        Branch.Items none = new Branch.Items();
        none.others = new Literal(schema.schema(key), false);
        return one(Branch.ARRAY, branch -> branch.items.add(none));
      case "unevaluatedItems":
        return refused(schema, key, Branch.ARRAY);
      default:
        return null;
    }
  }

  /** Some item is not as it should be. */
  private List<Branch> someItem(Schema schema) {
    Branch asMeant = Branch.of(Branch.ARRAY);
    items(schema, asMeant);
    Branch.Items items = asMeant.items.get(0);
    List<Branch> all = new ArrayList<>();
    for (int i = 0; i < items.first.size(); i++) {
      Branch.Items one = new Branch.Items();
      for (int before = 0; before < i; before++) {
        one.first.add(free(schema));
      }
      one.first.add(new Literal(items.first.get(i).schema, false));
      int length = i + 1;
      all.addAll(
          one(
              Branch.ARRAY,
              branch -> {
                branch.items.add(one);
                branch.minItems = length;
              }));
    }
    Literal others = items.others;
    if (others != null && !others.isTrue()) {
      if (items.first.isEmpty()) {
        Literal other = new Literal(others.schema, false);
        all.addAll(
            one(
                Branch.ARRAY,
                branch ->
                    branch.contains.add(new Branch.Contains(schema, other, 1, Expr.UNBOUNDED))));
      } else if (others.isFalse()) {
        int length = items.first.size() + 1;
        all.addAll(one(Branch.ARRAY, branch -> branch.minItems = length));
      } else {
        all.addAll(refused(schema, "items", Branch.ARRAY));
      }
    }
    return all;
  }

  private @Nullable List<Branch> notObjects(Schema schema, String key) {
    switch (key) {
      case "properties":
        List<Branch> wrong = new ArrayList<>();
        schema
            .map(key)
            .forEach(
                (name, part) -> {
                  if (!part.isTrue()) {
                    wrong.addAll(
                        one(Branch.OBJECT, branch -> property(schema, name, part, branch)));
                  }
                });
        return wrong;
      case "patternProperties":
      case "propertyNames":
      case "unevaluatedProperties":
        return refused(schema, key, Branch.OBJECT);
      case "additionalProperties":
        return schema.schema(key).isTrue()
            ? Collections.emptyList()
            : refused(schema, key, Branch.OBJECT);
      case "required":
        List<Branch> missing = new ArrayList<>();
        schema
            .names(key)
            .forEach(
                name -> missing.addAll(one(Branch.OBJECT, branch -> branch.forbidden.add(name))));
        return missing;
      case "minProperties":
        int fewest = schema.count(key, null);
        return fewest == 0
            ? Collections.emptyList()
            : one(Branch.OBJECT, branch -> branch.maxProperties = fewest - 1);
      case "maxProperties":
        int most = schema.count(key, null);
        return most == Expr.UNBOUNDED
            ? Collections.emptyList()
            : one(
                Branch.OBJECT,
                branch -> {
                  branch.minProperties = most + 1;
                  branch.minPropertiesFrom = schema;
                });
      case "dependentRequired":
      case "dependentSchemas":
        return document.draft() == Draft.MODERN
            ? notDependent(schema, key)
            : refused(schema, key, Branch.OBJECT);
      default:
        SchemaKeywords.check(schema, key);
        return Collections.emptyList();
    }
  }

  private static void property(Schema schema, String name, Schema part, Branch branch) {
    Branch.Members members = new Branch.Members(schema);
    members.named.put(name, new Literal(part, false));
    branch.members.add(members);
    branch.required.add(name);
  }

  private List<Branch> notDependent(Schema schema, String key) {
    List<Branch> all = new ArrayList<>();
    for (Iterator<Map.Entry<String, JsonNode>> it = schema.node().path(key).fields();
        it.hasNext(); ) {
      Map.Entry<String, JsonNode> field = it.next();
      List<Branch> there = one(Branch.OBJECT, branch -> branch.required.add(field.getKey()));
      if (key.equals("dependentRequired")) {
        for (String name : schema.names(key, field.getValue())) {
          List<Branch> without = one(Branch.OBJECT, branch -> branch.forbidden.add(name));
          all.addAll(product(schema, key, there, without));
        }
      } else {
        String path = schema.path() + "/" + key + "/" + SchemaDocument.escaped(field.getKey());
        Schema then = document.schemaAt(schema, field.getValue(), path, key);
        all.addAll(product(schema, key, there, expand(then, false)));
      }
    }
    return all;
  }

  private static List<Branch> refused(Schema schema, String key, int types) {
    return one(
        types,
        branch ->
            branch.refuse(
                types, schema.refuse(key, "the opposite of '" + key + "' is not supported")));
  }

  // ---- emptiness

  /** Whether it is plain that no value satisfies a branch. */
  boolean isImpossible(Branch branch, int depth) {
    int types = branch.types;
    if ((types & Branch.OBJECT) != 0 && depth < 4 && requiresImpossible(branch, depth)) {
      types &= ~Branch.OBJECT;
    }
    if ((types & Branch.ARRAY) != 0 && depth < 4 && branch.minItems > 0) {
      for (int i = 0; i < Math.min(branch.minItems, 8); i++) {
        if (isImpossible(itemGoal(branch, i), depth + 1)) {
          types &= ~Branch.ARRAY;
        }
      }
    }
    branch.types = types;
    return types == 0
        || (branch.values != null
            && branch.values.values().stream()
                .allMatch(v -> (Branch.typeOf(v) & branch.types) == 0));
  }

  private boolean requiresImpossible(Branch branch, int depth) {
    for (String name : branch.required) {
      if (isImpossible(namedGoal(branch, name), depth + 1)) {
        return true;
      }
    }
    return false;
  }

  private boolean isImpossible(Set<Literal> goal, int depth) {
    if (goal.isEmpty()) {
      return false;
    }
    for (Literal literal : goal) {
      if (literal.isFalse()) {
        return true;
      }
      if (open.contains(literal)) {
        return false;
      }
    }
    if (depth >= 4) {
      return false;
    }
    Boolean before = impossible.get(goal);
    if (before != null) {
      return before;
    }
    impossible.put(goal, false);
    boolean result = true;
    List<Branch> all = Collections.singletonList(PLAIN);
    for (Literal literal : goal) {
      List<Branch> options = expandOrNull(literal);
      if (options == null) {
        return false;
      }
      all = product(literal.schema, "allOf", all, options);
    }
    for (Branch each : all) {
      result &= isImpossible(each, depth + 1);
    }
    impossible.put(goal, result);
    return result;
  }

  /** The branches, or null where they cannot be told now; whoever needs them will hear why. */
  private @Nullable List<Branch> expandOrNull(Literal literal) {
    Set<Literal> before = new HashSet<>(open);
    try {
      return expand(literal);
    } catch (SchemaRefusal e) {
      open.retainAll(before);
      return null;
    }
  }

  // ---- what a branch says about its parts

  /** What has to hold for a property. */
  static Set<Literal> namedGoal(Branch branch, String name) {
    Set<Literal> goal = new java.util.LinkedHashSet<>();
    for (Branch.Members members : branch.members) {
      boolean found = false;
      Literal named = members.named.get(name);
      if (named != null) {
        add(goal, named);
        found = true;
      }
      for (Map.Entry<String, Literal> pattern : members.patterns.entrySet()) {
        int matches = Patterns.matches(members.from, pattern.getKey(), name);
        if (matches >= 0) {
          add(goal, pattern.getValue());
        }
        if (matches == 0 && members.others != null && named == null) {
          // It may or may not match: then both have to hold.
          add(goal, members.others);
        }
        found |= matches != 0 ? matches > 0 : true;
      }
      if (!found && members.others != null) {
        add(goal, members.others);
      }
    }
    return goal;
  }

  /** What has to hold for an item. */
  static Set<Literal> itemGoal(Branch branch, int index) {
    Set<Literal> goal = new java.util.LinkedHashSet<>();
    for (Branch.Items items : branch.items) {
      Literal literal = index < items.first.size() ? items.first.get(index) : items.others;
      if (literal != null) {
        add(goal, literal);
      }
    }
    return goal;
  }

  static void add(Set<Literal> goal, Literal literal) {
    if (!literal.isTrue()) {
      goal.add(literal);
    }
  }
}
