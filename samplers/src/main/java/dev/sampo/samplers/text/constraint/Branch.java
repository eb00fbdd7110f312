package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Conditions that hold together: one of the ways in which a value can satisfy a schema. Those of a type matter only to values of that type. Not changed
 * once it has been handed out; {@link #and} makes a new one.
 */
final class Branch {
  static final int NULL = 1;
  static final int BOOLEAN = 2;
  static final int INTEGER = 4;

  /** Numbers that are no integers. */
  static final int FRACTION = 8;

  static final int STRING = 16;
  static final int ARRAY = 32;
  static final int OBJECT = 64;
  static final int NUMBER = INTEGER | FRACTION;
  static final int ANY = 127;

  /** A schema that has to hold, or has not to. */
  static final class Literal {
    final Schema schema;
    final boolean wanted;

    Literal(Schema schema, boolean wanted) {
      this.schema = schema;
      this.wanted = wanted;
    }

    boolean isTrue() {
      return wanted ? schema.isTrue() : schema.isFalse();
    }

    boolean isFalse() {
      return wanted ? schema.isFalse() : schema.isTrue();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Literal
          && ((Literal) other).schema == schema
          && ((Literal) other).wanted == wanted;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(schema) * 2 + (wanted ? 1 : 0);
    }
  }

  /** Properties of an object by one schema: by name, by pattern, and all others. */
  static final class Members {
    final Schema from;
    final Map<String, Literal> named = new LinkedHashMap<>();
    final Map<String, Literal> patterns = new LinkedHashMap<>();

    /** What all others are, or null where nothing is said. */
    @Nullable Literal others;

    Members(Schema from) {
      this.from = from;
    }
  }

  /** Items of an array by one schema: the first ones one by one, and all others. */
  static final class Items {
    final List<Literal> first = new ArrayList<>();
    @Nullable Literal others;
  }

  /** How many items have to be of a kind. */
  static final class Contains {
    final Schema from;
    final Literal kind;
    final int min;
    final int max;

    Contains(Schema from, Literal kind, int min, int max) {
      this.from = from;
      this.kind = kind;
      this.min = min;
      this.max = max;
    }
  }

  /** A pattern or a format, or all texts but those. */
  static final class TextRule {
    final Schema from;
    final String keyword;
    final boolean wanted;

    TextRule(Schema from, String keyword, boolean wanted) {
      this.from = from;
      this.keyword = keyword;
      this.wanted = wanted;
    }
  }

  /** A factor that a number is a multiple of, or is not. */
  static final class Multiple {
    final Schema from;
    final BigDecimal factor;
    final boolean wanted;

    Multiple(Schema from, BigDecimal factor, boolean wanted) {
      this.from = from;
      this.factor = factor;
      this.wanted = wanted;
    }
  }

  /** A bound of numbers. */
  static final class Bound {
    final Schema from;
    final String keyword;
    final BigDecimal value;
    final boolean exclusive;

    Bound(Schema from, String keyword, BigDecimal value, boolean exclusive) {
      this.from = from;
      this.keyword = keyword;
      this.value = value;
      this.exclusive = exclusive;
    }
  }

  /** Something that cannot be kept, if values of these types are wanted. */
  private static final class Refused {
    final int types;
    final SchemaRefusal why;

    Refused(int types, SchemaRefusal why) {
      this.types = types;
      this.why = why;
    }
  }

  int types = ANY;

  /** Whether a {@code type}, {@code enum} or {@code const} said which types are meant. */
  boolean typed;

  /** Types that keywords speak of. */
  int hinted;

  /** The only values, by their canonical text, or null. */
  @Nullable Map<String, JsonNode> values;

  /** Values that are excluded, by their canonical text, and who excludes them. */
  final Map<String, JsonNode> excluded = new LinkedHashMap<>();

  @Nullable Schema excluder;
  @Nullable Bound low;
  @Nullable Bound high;
  final List<Multiple> multiples = new ArrayList<>();
  int minLength;
  int maxLength = Expr.UNBOUNDED;
  final List<TextRule> texts = new ArrayList<>();
  int minItems;
  int maxItems = Expr.UNBOUNDED;
  @Nullable Schema unique;
  final List<Items> items = new ArrayList<>();
  final List<Contains> contains = new ArrayList<>();
  int minProperties;
  int maxProperties = Expr.UNBOUNDED;
  @Nullable Schema minPropertiesFrom;
  final Set<String> required = new LinkedHashSet<>();
  final Set<String> forbidden = new LinkedHashSet<>();
  final List<Members> members = new ArrayList<>();
  final List<Literal> names = new ArrayList<>();

  // What has been looked at, for unevaluatedProperties and unevaluatedItems.
  final Set<String> seenNames = new LinkedHashSet<>();
  final Set<String> seenPatterns = new LinkedHashSet<>();
  boolean seenAllMembers;
  int seenItems;
  boolean seenAllItems;

  private final List<Refused> refused = new ArrayList<>();

  static Branch of(int types) {
    Branch branch = new Branch();
    branch.types = types;
    return branch;
  }

  Branch hint(int kinds) {
    hinted |= kinds;
    return this;
  }

  Branch refuse(int kinds, SchemaRefusal why) {
    refused.add(new Refused(kinds, why));
    return this;
  }

  /** Without what has been looked at: a {@code not} keeps no annotations. */
  Branch unseen() {
    Branch copy = and(new Branch());
    copy.seenNames.clear();
    copy.seenPatterns.clear();
    copy.seenAllMembers = false;
    copy.seenItems = 0;
    copy.seenAllItems = false;
    return copy;
  }

  void checkRefused(int kinds) {
    for (Refused each : refused) {
      if ((each.types & kinds) != 0) {
        throw each.why;
      }
    }
  }

  /** Refusals in the name of another keyword, which brought this branch in. */
  Branch refusedFor(Schema schema, String keyword) {
    if (refused.isEmpty()) {
      return this;
    }
    Branch copy = and(new Branch());
    copy.refused.clear();
    for (Refused each : refused) {
      String why = Objects.requireNonNull(each.why.getMessage());
      copy.refused.add(
          new Refused(
              each.types,
              schema.refuse(
                  keyword,
                  "'" + keyword + "' would need the opposite of another keyword (" + why + ")")));
    }
    return copy;
  }

  /** Both together, or null where nothing can be both. */
  @Nullable Branch and(Branch other) {
    Branch both = new Branch();
    both.types = types & other.types;
    both.typed = typed || other.typed;
    both.hinted = hinted | other.hinted;
    both.values = intersection(values, other.values);
    both.excluder = excluder == null ? other.excluder : excluder;
    both.low = stricter(low, other.low, 1);
    both.high = stricter(high, other.high, -1);
    both.minLength = Math.max(minLength, other.minLength);
    both.maxLength = Math.min(maxLength, other.maxLength);
    both.minItems = Math.max(minItems, other.minItems);
    both.maxItems = Math.min(maxItems, other.maxItems);
    both.unique = unique == null ? other.unique : unique;
    both.minPropertiesFrom =
        minProperties >= other.minProperties ? minPropertiesFrom : other.minPropertiesFrom;
    both.minProperties = Math.max(minProperties, other.minProperties);
    both.maxProperties = Math.min(maxProperties, other.maxProperties);
    for (Branch each : new Branch[] {this, other}) {
      both.excluded.putAll(each.excluded);
      both.multiples.addAll(each.multiples);
      both.texts.addAll(each.texts);
      both.items.addAll(each.items);
      both.contains.addAll(each.contains);
      both.required.addAll(each.required);
      both.forbidden.addAll(each.forbidden);
      both.members.addAll(each.members);
      both.names.addAll(each.names);
      both.seenNames.addAll(each.seenNames);
      both.seenPatterns.addAll(each.seenPatterns);
      both.refused.addAll(each.refused);
    }
    both.seenAllMembers = seenAllMembers || other.seenAllMembers;
    both.seenItems = Math.max(seenItems, other.seenItems);
    both.seenAllItems = seenAllItems || other.seenAllItems;
    both.narrow();
    return both.types == 0 ? null : both;
  }

  /** Takes away types of which no value is left. */
  private void narrow() {
    if (values != null) {
      int left = 0;
      Map<String, JsonNode> kept = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> value : values.entrySet()) {
        int type = typeOf(value.getValue());
        if ((type & types) != 0 && !excluded.containsKey(value.getKey())) {
          left |= type;
          kept.put(value.getKey(), value.getValue());
        }
      }
      values = kept;
      types &= left;
    }
    if (excluded.containsKey("null")) {
      types &= ~NULL;
    }
    if (excluded.containsKey("true") && excluded.containsKey("false")) {
      types &= ~BOOLEAN;
    }
    if (low != null && high != null) {
      int order = low.value.compareTo(high.value);
      if (order > 0 || (order == 0 && (low.exclusive || high.exclusive))) {
        types &= ~NUMBER;
      }
    }
    types &= minLength > maxLength ? ~STRING : ANY;
    types &= minItems > maxItems ? ~ARRAY : ANY;
    boolean torn = required.stream().anyMatch(forbidden::contains);
    boolean crowded = required.size() > maxProperties || minProperties > maxProperties;
    types &= torn || crowded ? ~OBJECT : ANY;
  }

  static int typeOf(JsonNode value) {
    if (value.isNumber()) {
      return SchemaNumbers.isInteger(value.decimalValue()) ? INTEGER : FRACTION;
    }
    return value.isNull()
        ? NULL
        : value.isBoolean()
            ? BOOLEAN
            : value.isTextual() ? STRING : value.isArray() ? ARRAY : OBJECT;
  }

  private static @Nullable Map<String, JsonNode> intersection(
      @Nullable Map<String, JsonNode> a, @Nullable Map<String, JsonNode> b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    Map<String, JsonNode> both = new LinkedHashMap<>(a);
    both.keySet().retainAll(b.keySet());
    return both;
  }

  private static @Nullable Bound stricter(@Nullable Bound a, @Nullable Bound b, int direction) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    int order = a.value.compareTo(b.value) * direction;
    return order > 0 || (order == 0 && a.exclusive) ? a : b;
  }
}
