package dev.sampo.training.graph;

import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is trained: everything, named layers, or LoRA on chosen weights. */
public final class Trainable {
  private final Predicate<Parameter> selected;
  private final @Nullable LoraConfig lora;

  private Trainable(Predicate<Parameter> selected, @Nullable LoraConfig lora) {
    this.selected = selected;
    this.lora = lora;
  }

  /** Every weight of every model. */
  public static Trainable all() {
    return new Trainable(p -> true, null);
  }

  /** Weights in whose names the expression is found. */
  public static Trainable matching(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return new Trainable(p -> pattern.matcher(p.name()).find(), null);
  }

  /** Weights that the predicate accepts. */
  public static Trainable where(Predicate<Parameter> selected) {
    return new Trainable(selected, null);
  }

  /** Low-rank changes of weights; the weights themselves stay. */
  public static Trainable lora(LoraConfig config) {
    return new Trainable(p -> false, config);
  }

  /** The same within the named models only; the others are frozen. */
  public Trainable inModels(String... models) {
    Set<String> names = Set.of(models);
    return new Trainable(p -> names.contains(p.model()) && selected.test(p), lora);
  }

  /** The same without weights of this name. */
  public Trainable except(String name) {
    return new Trainable(p -> !p.name().equals(name) && selected.test(p), lora);
  }

  boolean selects(Parameter parameter) {
    return selected.test(parameter);
  }

  /** Whether low-rank changes are trained in place of the weights. */
  public boolean isLora() {
    return lora != null;
  }

  boolean adapts(Parameter parameter) {
    return lora != null
        && parameter.role() == Parameter.Role.WEIGHT
        && (parameter.consumer().equals("MatMul")
            || parameter.consumer().equals("Gemm")
            || parameter.consumer().equals("Conv")
            || parameter.isRecurrent())
        && (lora.weights() == null || lora.weights().matcher(parameter.name()).find());
  }

  @Nullable LoraConfig lora() {
    return lora;
  }
}
