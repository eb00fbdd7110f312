package dev.sampo.export.weights;

import dev.sampo.error.ModelException;
import dev.sampo.export.config.Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A LoRA adapter as peft saves it (Hu et al. 2021, arXiv:2106.09685): {@code adapter_config.json} and {@code adapter_model.safetensors}. A module's
 * weight becomes {@code W + scale B A}, with {@code scale = alpha / r}, or {@code alpha / sqrt(r)} for rsLoRA (Kalajdzievski 2023, arXiv:2312.03732).
 */
public final class LoraAdapter {
  private static final String PREFIX = "base_model.model.";

  private final Path folder;
  private final Weights weights;
  private final int rank;
  private final double alpha;
  private final boolean rootScale;
  private final @Nullable Config ranks;
  private final @Nullable Config alphas;
  private final List<String> rankKeys;
  private final List<String> alphaKeys;
  private final Set<String> used = new HashSet<>();

  /**
   * What is added to a weight.
   *
   * @param down {@code A} [r, in]; for embeddings [r, vocabulary]
   * @param up {@code B} [out, r]; for embeddings [width, r]
   */
  public record Delta(Weight down, Weight up, double scale) {}

  private LoraAdapter(Path folder, Config config) {
    this.folder = folder;
    this.weights = Weights.open(folder);
    this.rank = config.size("r");
    this.alpha = config.number("lora_alpha", 8);
    this.rootScale = config.flag("use_rslora", false);
    this.ranks = config.part("rank_pattern");
    this.alphas = config.part("alpha_pattern");
    this.rankKeys = ranks == null ? List.of() : ranks.keys();
    this.alphaKeys = alphas == null ? List.of() : alphas.keys();
  }

  /**
   * Reads an adapter.
   *
   * @throws ModelException if it is none, or of a kind that cannot be merged (DoRA, saved modules, trained biases and the like), by name
   */
  public static LoraAdapter open(Path folder) {
    Config config = Config.read(folder.resolve("adapter_config.json"));
    config.require("peft_type", "LORA").require("bias", "none");
    for (String off :
        List.of(
            "use_dora", "lora_bias", "use_qalora", "use_bdlora", "use_monteclora", "tie_weights")) {
      if (config.flag(off, false)) {
        throw config.refuse("'" + off + "' cannot be merged; only plain LoRA and rsLoRA can.");
      }
    }
    for (String absent :
        List.of(
            "modules_to_save",
            "layer_replication",
            "trainable_token_indices",
            "target_parameters",
            "alora_invocation_tokens",
            "arrow_config",
            "velora_config",
            "kasa_config")) {
      if (!config.isEmpty(absent)) {
        throw config.refuse("'" + absent + "' is set, which cannot be merged.");
      }
    }
    // Others take their start out of the base weights, so the adapter belongs to a changed model.
    String start = config.anyText("init_lora_weights", "true");
    if (!List.of("true", "false", "gaussian", "eva", "orthogonal").contains(start)) {
      throw config.refuse(
          "'init_lora_weights' is "
              + start
              + ", which changes the base weights; save it with"
              + " path_initial_model_for_weight_conversion.");
    }
    return new LoraAdapter(folder, config);
  }

  /** The files that hold the adapter. */
  public Path folder() {
    return folder;
  }

  /** What is added to a module's weight, or null. */
  public @Nullable Delta of(String module) {
    return find(module, ".lora_A.weight", ".lora_B.weight");
  }

  /** What is added to a table of embeddings, or null. */
  public @Nullable Delta ofEmbedding(String module) {
    return find(module, ".lora_embedding_A", ".lora_embedding_B");
  }

  private @Nullable Delta find(String module, String down, String up) {
    String a = PREFIX + module + down;
    String b = PREFIX + module + up;
    if (!weights.has(a)) {
      return null;
    }
    if (weights.has(PREFIX + module + ".lora_magnitude_vector")
        || weights.has(PREFIX + module + ".lora_magnitude_vector.weight")) {
      throw new ModelException(
          folder, "Adapter " + folder + " is DoRA (lora_magnitude_vector), which is not merged.");
    }
    used.add(a);
    used.add(b);
    Weight first = weights.get(a);
    int r = (int) value(ranks, rankKeys, module, rank);
    if (first.rank() != 2 || first.dim(0) != r) {
      throw new ModelException(
          first.file(), "Tensor " + first + " of " + first.file() + " is not of rank " + r + ".");
    }
    double strength = value(alphas, alphaKeys, module, alpha);
    return new Delta(first, weights.get(b), strength / (rootScale ? Math.sqrt(r) : r));
  }

  /** A pattern's key names the end of a module's name, or is a regular expression for it. */
  private static double value(
      @Nullable Config pattern, List<String> keys, String module, double usual) {
    for (String key : keys) {
      if (pattern != null && Pattern.matches("(.*\\.)?(" + key + ")", module)) {
        return pattern.number(key, usual);
      }
    }
    return usual;
  }

  /**
   * Refuses tensors that no module took.
   *
   * @throws ModelException if there are any
   */
  public void requireAllUsed() {
    Set<String> left = new TreeSet<>(weights.byName().keySet());
    left.removeAll(used);
    if (!left.isEmpty()) {
      List<String> some = new ArrayList<>(left).subList(0, Math.min(5, left.size()));
      throw new ModelException(
          folder,
          "Adapter "
              + folder
              + " has "
              + left.size()
              + " tensors that no module of the model takes, such as "
              + some
              + ". It belongs to another model, or to a kind of layer that is not merged.");
    }
  }
}
