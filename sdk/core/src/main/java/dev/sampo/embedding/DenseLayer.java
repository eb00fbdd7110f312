package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.internal.Safetensors;
import dev.sampo.model.ModelFolder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A Dense module of sentence-transformers: {@code activation(W x + b)}, with a residual where it says so. */
final class DenseLayer {
  private final int in;
  private final int out;
  private final float[] weight;
  private final float @Nullable [] bias;
  private final Activation activation;
  private final boolean residual;
  private final float @Nullable [] residualWeight;

  /** What follows the product. */
  private enum Activation {
    IDENTITY,
    TANH,
    RELU,
    SIGMOID,
    GELU;

    double of(double x) {
      switch (this) {
        case TANH:
          return Math.tanh(x);
        case RELU:
          return Math.max(0, x);
        case SIGMOID:
          return 1 / (1 + Math.exp(-x));
        case GELU:
          return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
        default:
          return x;
      }
    }

    /** The error function by its series and its continued fraction; exact to about 1e-12. */
    private static double erf(double x) {
      double z = Math.abs(x);
      double value;
      if (z < 3) {
        double term = z;
        double sum = z;
        for (int n = 1; n < 80; n++) {
          term *= -z * z / n;
          sum += term / (2 * n + 1);
        }
        value = 2 / Math.sqrt(Math.PI) * sum;
      } else {
        double fraction = 0;
        for (int k = 40; k > 0; k--) {
          fraction = k / 2.0 / (z + fraction);
        }
        value = 1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
      }
      return Math.copySign(value, x);
    }
  }

  private DenseLayer(
      int in,
      int out,
      float[] weight,
      float @Nullable [] bias,
      Activation activation,
      boolean residual,
      float @Nullable [] residualWeight) {
    this.in = in;
    this.out = out;
    this.weight = weight;
    this.bias = bias;
    this.activation = activation;
    this.residual = residual;
    this.residualWeight = residualWeight;
  }

  static DenseLayer read(ModelFolder folder, String path) {
    Path file = folder.file(path + "/config.json");
    JsonNode config = folder.json(path + "/config.json");
    int in = config.path("in_features").asInt();
    int out = config.path("out_features").asInt();
    if (in < 1 || out < 1) {
      throw new ModelException(file, file + " states no in_features and out_features above 0.");
    }
    for (String key : Arrays.asList("module_input_name", "module_output_name")) {
      String value = config.path(key).asText("sentence_embedding");
      if (!value.equals("sentence_embedding") && !value.equals("null")) {
        throw new ModelException(
            file,
            file
                + " has "
                + key
                + " "
                + value
                + ": only layers over the pooled vector (sentence_embedding) are supported.");
      }
    }
    if (folder.find(path + "/model.safetensors") == null) {
      throw new ModelException(
          file,
          "The dense layer of "
              + file.getParent()
              + " has no model.safetensors. Save the model again with sentence-transformers 2.3 or"
              + " later, which writes one in place of pytorch_model.bin.");
    }
    Safetensors weights = Safetensors.read(folder.file(path + "/model.safetensors"));
    boolean residual = config.path("use_residual").asBoolean(false);
    return new DenseLayer(
        in,
        out,
        weights.floats("linear.weight", out, in),
        config.path("bias").asBoolean(true) ? weights.floats("linear.bias", out) : null,
        activation(file, config.path("activation_function").asText("Tanh")),
        residual,
        residual && in != out ? weights.floats("residual.weight", out, in) : null);
  }

  private static Activation activation(Path file, String name) {
    String last = name.substring(name.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT);
    for (Activation each : Activation.values()) {
      if (each.name().equals(last)) {
        return each;
      }
    }
    throw new ModelException(
        file,
        file
            + " names the activation "
            + name
            + ", which is not supported. There are Identity, Tanh, ReLU, Sigmoid and GELU.");
  }

  float[] apply(float[] x) {
    if (x.length != in) {
      throw new IllegalStateException(
          "A dense layer takes " + in + " values and was given " + x.length + ".");
    }
    float[] y = new float[out];
    for (int o = 0; o < out; o++) {
      double value = activation.of(dot(weight, o, x) + (bias == null ? 0 : bias[o]));
      if (residual) {
        value += residualWeight == null ? x[o] : dot(residualWeight, o, x);
      }
      y[o] = (float) value;
    }
    return y;
  }

  private double dot(float[] rows, int row, float[] x) {
    double sum = 0;
    for (int i = 0; i < in; i++) {
      sum += (double) rows[row * in + i] * x[i];
    }
    return sum;
  }
}
