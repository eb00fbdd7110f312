package dev.sampo.specs;

/**
 * One key of {@code sampo.json} that belongs to one family.
 *
 * @param name the key
 * @param type its JSON type
 * @param required whether it must be there
 * @param description what it means
 */
public record PropertySpec(String name, Type type, boolean required, String description) {
  /** JSON types of properties. */
  public enum Type {
    INTEGER,
    NUMBER,
    STRING,
    BOOLEAN,
    STRINGS,
    NUMBERS,
    NUMBER_ROWS
  }
}
