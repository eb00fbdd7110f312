package dev.sampo.runtime;

/** What a graph declares about one input or output: its name, element type and shape (with symbols where the size is open). */
public record TensorInfo(String name, ElementType type, Shape shape) {
  /** Such as {@code sample float32 [batch,4,height,width]}. */
  @Override
  public String toString() {
    return name + " " + type + " " + shape;
  }
}
