package dev.sampo.samplers.text.constraint;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which keywords there are. Unknown ones say nothing about values, as the specification has it, unless they look like a slip of the pen. */
final class SchemaKeywords {
  private static final Set<String> VALIDATING =
      Set.of(
          "$ref",
          "$dynamicRef",
          "$recursiveRef",
          "allOf",
          "anyOf",
          "oneOf",
          "not",
          "if",
          "then",
          "else",
          "type",
          "enum",
          "const",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "multipleOf",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "minItems",
          "maxItems",
          "uniqueItems",
          "items",
          "additionalItems",
          "prefixItems",
          "contains",
          "minContains",
          "maxContains",
          "unevaluatedItems",
          "properties",
          "patternProperties",
          "additionalProperties",
          "unevaluatedProperties",
          "required",
          "minProperties",
          "maxProperties",
          "propertyNames",
          "dependentRequired",
          "dependentSchemas",
          "dependencies");

  private static final Set<String> REMARKS =
      Set.of(
          "$schema",
          "$id",
          "id",
          "$comment",
          "$defs",
          "definitions",
          "$anchor",
          "$dynamicAnchor",
          "$recursiveAnchor",
          "$vocabulary",
          "title",
          "description",
          "default",
          "example",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "contentEncoding",
          "contentMediaType",
          "contentSchema",
          "discriminator",
          "nullable",
          "xml",
          "externalDocs",
          "name",
          "version");

  private SchemaKeywords() {}

  /**
   * Refuses a keyword that is nearly another one.
   *
   * @return null: it says nothing about values
   */
  static @Nullable List<Branch> check(Schema schema, String key) {
    if (VALIDATING.contains(key) || REMARKS.contains(key) || key.length() < 5) {
      return null;
    }
    for (String known : VALIDATING) {
      if (known.length() >= 5
          && distance(
                  known.toLowerCase(java.util.Locale.ROOT), key.toLowerCase(java.util.Locale.ROOT))
              <= 1) {
        throw schema.refuse(
            key, "keyword '" + key + "' is unknown; '" + known + "' is meant, it seems");
      }
    }
    return null;
  }

  /** How many letters have to be changed, added, left out or swapped with their neighbour; 2 stands for more. */
  private static int distance(String a, String b) {
    if (Math.abs(a.length() - b.length()) > 1) {
      return 2;
    }
    int begin = 0;
    int least = Math.min(a.length(), b.length());
    while (begin < least && a.charAt(begin) == b.charAt(begin)) {
      begin++;
    }
    int end = 0;
    while (end < least - begin
        && a.charAt(a.length() - 1 - end) == b.charAt(b.length() - 1 - end)) {
      end++;
    }
    String left = a.substring(begin, a.length() - end);
    String right = b.substring(begin, b.length() - end);
    boolean swapped =
        left.length() == 2
            && right.length() == 2
            && left.charAt(0) == right.charAt(1)
            && left.charAt(1) == right.charAt(0);
    return swapped ? 1 : Math.max(left.length(), right.length());
  }
}
