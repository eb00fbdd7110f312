package dev.sampo.specs;

/**
 * The latents of a model: the block {@code latent} of {@code sampo.json}.
 *
 * @param size numbers in one latent
 * @param distribution what they are drawn from
 */
public record LatentFormat(int size, Distribution distribution) {
  /** What latents are drawn from. */
  public enum Distribution {
    /** Standard normal; the default. */
    NORMAL,
    /** Uniform over -1..1. */
    UNIFORM
  }

  static LatentFormat read(Json json) {
    json.allowOnly("size", "distribution");
    String name = json.has("distribution") ? json.string("distribution") : "normal";
    Distribution distribution;
    switch (name) {
      case "normal":
        distribution = Distribution.NORMAL;
        break;
      case "uniform":
        distribution = Distribution.UNIFORM;
        break;
      default:
        throw json.error(
            "'" + json.path("distribution") + "' is '" + name + "'; known: [normal, uniform]");
    }
    return new LatentFormat(json.positive("size"), distribution);
  }
}
