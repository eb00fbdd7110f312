package dev.sampo.samplers.text.constraint;

/** A keyword of a JSON schema that no grammar can keep, or that is wrong. */
final class SchemaRefusal extends GrammarException {
  private static final long serialVersionUID = 1;
  private final transient Schema schema;
  private final String keyword;

  /**
   * A refusal of a keyword.
   *
   * @param schema where it stands
   * @param keyword which one; leaving it out mends the error
   */
  SchemaRefusal(Schema schema, String keyword, String why) {
    super("JSON schema at " + schema.path() + ": " + why + ".");
    this.schema = schema;
    this.keyword = keyword;
  }

  Schema schema() {
    return schema;
  }

  String keyword() {
    return keyword;
  }
}
