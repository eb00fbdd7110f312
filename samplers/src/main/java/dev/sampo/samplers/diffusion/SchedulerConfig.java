package dev.sampo.samplers.diffusion;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The content of a {@code scheduler_config.json}, keys and class name as they stand there. Immutable. The bare tokens {@code
 * -Infinity}, {@code Infinity} and {@code NaN}, which real files hold, are read.
 */
public final class SchedulerConfig {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** Every key that some scheduler of diffusers has; a scheduler skips those it does not know. */
  private static final Set<String> KNOWN =
      new HashSet<>(
          Arrays.asList(
              "algorithm_type",
              "base_image_seq_len",
              "base_shift",
              "beta_end",
              "beta_schedule",
              "beta_start",
              "clip_denoised",
              "clip_sample",
              "clip_sample_range",
              "correct_steps",
              "corrector_order",
              "disable_corrector",
              "dynamic_thresholding_ratio",
              "eta",
              "euler_at_final",
              "final_sigmas_type",
              "flow_shift",
              "interpolation_type",
              "invert_sigmas",
              "lambda_min_clipped",
              "lower_order_final",
              "max_image_seq_len",
              "max_shift",
              "noise_sampler_seed",
              "num_train_timesteps",
              "original_inference_steps",
              "predict_x0",
              "predict_epsilon",
              "prediction_type",
              "predictor_order",
              "rescale_betas_zero_snr",
              "rho",
              "s_noise",
              "sample_max_value",
              "sampling_eps",
              "set_alpha_to_one",
              "shift",
              "shift_terminal",
              "sigma_data",
              "sigma_max",
              "sigma_min",
              "sigma_schedule",
              "skip_prk_steps",
              "snr",
              "snr_shift_scale",
              "solver_order",
              "solver_p",
              "solver_type",
              "steps_offset",
              "stochastic_sampling",
              "tau_func",
              "thresholding",
              "time_shift_type",
              "timestep_scaling",
              "timestep_spacing",
              "timestep_type",
              "trained_betas",
              "use_beta_sigmas",
              "use_dynamic_shifting",
              "use_exponential_sigmas",
              "use_flow_sigmas",
              "use_karras_sigmas",
              "use_lu_lambdas",
              "variance_type"));

  private final ObjectNode keys;

  private SchedulerConfig(ObjectNode keys) {
    this.keys = keys;
  }

  /**
   * Reads a configuration file's text.
   *
   * @throws RequestException if the text is no JSON object
   */
  public static SchedulerConfig parse(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      if (node instanceof ObjectNode object) {
        return new SchedulerConfig(object);
      }
      throw new RequestException(
          null, "A scheduler configuration is a JSON object, got " + node.getNodeType() + ".");
    } catch (JsonProcessingException e) {
      throw new RequestException(
          null, "The scheduler configuration is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** A configuration of nothing but a class name: all defaults. */
  public static SchedulerConfig of(String className) {
    return new SchedulerConfig(JSON.createObjectNode().put("_class_name", className));
  }

  /** The class name, as {@code DDIMScheduler}; empty if the file has none. */
  public String className() {
    return keys.path("_class_name").asText("");
  }

  /** A copy with another value for a key; null takes the key away. */
  public SchedulerConfig with(String key, @Nullable Object value) {
    ObjectNode copy = keys.deepCopy();
    if (value == null) {
      copy.remove(key);
    } else {
      copy.set(key, JSON.valueToTree(value));
    }
    return new SchedulerConfig(copy);
  }

  /** Keys that no scheduler of diffusers has, in the file's order: misspelt, or newer than this library. */
  public List<String> unknownKeys() {
    List<String> unknown = new ArrayList<>();
    Iterator<Map.Entry<String, JsonNode>> fields = keys.fields();
    while (fields.hasNext()) {
      String key = fields.next().getKey();
      if (!key.startsWith("_") && !KNOWN.contains(key)) {
        unknown.add(key);
      }
    }
    return unknown;
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    return keys.hasNonNull(key);
  }

  /** A whole number. */
  public int integer(String key, int fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode node = keys.get(key);
    if (!node.canConvertToInt() || node.asDouble() != Math.rint(node.asDouble())) {
      throw wrongType(key, "a whole number", node);
    }
    return node.asInt();
  }

  /** A number. */
  public double number(String key, double fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode node = keys.get(key);
    if (node.isTextual()) {
      // diffusers' own files spell infinity as text now and then.
      switch (node.asText()) {
        case "inf", "Infinity" -> {
          return Double.POSITIVE_INFINITY;
        }
        case "-inf", "-Infinity" -> {
          return Double.NEGATIVE_INFINITY;
        }
        default -> throw wrongType(key, "a number", node);
      }
    }
    if (!node.isNumber()) {
      throw wrongType(key, "a number", node);
    }
    return node.asDouble();
  }

  /** A number, or null if the key is missing or null. */
  public @Nullable Double numberOrNull(String key) {
    return has(key) ? (Double) number(key, 0) : null;
  }

  /** A truth value. */
  public boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode node = keys.get(key);
    if (!node.isBoolean()) {
      throw wrongType(key, "true or false", node);
    }
    return node.asBoolean();
  }

  /** A word. */
  public String text(String key, String fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode node = keys.get(key);
    if (!node.isTextual()) {
      throw wrongType(key, "a word", node);
    }
    return node.asText();
  }

  /** A list of numbers, or null if the key is missing or null. */
  public double @Nullable [] numbers(String key) {
    if (!has(key)) {
      return null;
    }
    JsonNode node = keys.get(key);
    if (!node.isArray()) {
      throw wrongType(key, "a list of numbers", node);
    }
    double[] values = new double[node.size()];
    for (int i = 0; i < values.length; i++) {
      if (!node.get(i).isNumber()) {
        throw wrongType(key, "a list of numbers", node.get(i));
      }
      values[i] = node.get(i).asDouble();
    }
    return values;
  }

  /**
   * One of the words allowed.
   *
   * @throws SchedulerException if it is another word
   */
  public String choice(String scheduler, String key, String fallback, String... allowed) {
    String text = text(key, fallback);
    if (!Arrays.asList(allowed).contains(text)) {
      throw new SchedulerException(
          scheduler,
          key,
          key
              + " '"
              + text
              + "' is not supported; it can be one of "
              + String.join(", ", allowed)
              + ".");
    }
    return text;
  }

  private SchedulerException wrongType(String key, String wanted, JsonNode got) {
    return new SchedulerException(
        className(), key, "key '" + key + "' wants " + wanted + ", got " + got + ".");
  }

  /** The JSON text. */
  public String toJson() {
    return keys.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SchedulerConfig that && keys.equals(that.keys);
  }

  @Override
  public int hashCode() {
    return keys.hashCode();
  }

  @Override
  public String toString() {
    return toJson();
  }
}
