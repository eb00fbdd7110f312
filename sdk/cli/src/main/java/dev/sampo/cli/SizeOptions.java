package dev.sampo.cli;

import dev.sampo.diffusion.SizeConditions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What Stable Diffusion XL is told of sizes, in diffusers' words: pairs HEIGHT,WIDTH and TOP,LEFT. */
final class SizeOptions {
  @Option(
      names = "--original-size",
      paramLabel = "H,W",
      description = "XL: size before cutting that the model is told. Default: the picture's.")
  private @Nullable String originalSize;

  @Option(
      names = "--crops-coords-top-left",
      paramLabel = "TOP,LEFT",
      description = "XL: where the model is told that the picture was cut. Default: 0,0.")
  private @Nullable String crops;

  @Option(
      names = "--target-size",
      paramLabel = "H,W",
      description = "XL: size after cutting that the model is told. Default: the picture's.")
  private @Nullable String targetSize;

  @Option(
      names = "--negative-original-size",
      paramLabel = "H,W",
      description = "XL: the same for what guidance goes away from; with --negative-target-size.")
  private @Nullable String negativeOriginalSize;

  @Option(
      names = "--negative-crops-coords-top-left",
      paramLabel = "TOP,LEFT",
      description = "XL: the same for what guidance goes away from.")
  private @Nullable String negativeCrops;

  @Option(
      names = "--negative-target-size",
      paramLabel = "H,W",
      description = "XL: the same for what guidance goes away from; with --negative-original-size.")
  private @Nullable String negativeTargetSize;

  SizeConditions conditions() {
    return conditions("--", originalSize, crops, targetSize);
  }

  /** Null unless both sizes are given, as diffusers has it: the crop alone changes nothing there. */
  @Nullable SizeConditions negativeConditions() {
    if ((negativeOriginalSize == null) != (negativeTargetSize == null)
        || (negativeCrops != null && negativeOriginalSize == null)) {
      throw new UsageException(
          "--negative-original-size and --negative-target-size go together, and"
              + " --negative-crops-coords-top-left with both.");
    }
    return negativeOriginalSize == null
        ? null
        : conditions("--negative-", negativeOriginalSize, negativeCrops, negativeTargetSize);
  }

  private static SizeConditions conditions(
      String prefix, @Nullable String original, @Nullable String crop, @Nullable String target) {
    SizeConditions s = SizeConditions.DEFAULT;
    if (original != null) {
      int[] p = pair(prefix + "original-size", original);
      s = s.withOriginal(p[0], p[1]);
    }
    if (crop != null) {
      int[] p = pair(prefix + "crops-coords-top-left", crop);
      s = s.withCrop(p[0], p[1]);
    }
    if (target != null) {
      int[] p = pair(prefix + "target-size", target);
      s = s.withTarget(p[0], p[1]);
    }
    return s;
  }

  private static int[] pair(String option, String text) {
    String[] parts = text.split(",", -1);
    try {
      if (parts.length == 2) {
        return new int[] {Integer.parseInt(parts[0].trim()), Integer.parseInt(parts[1].trim())};
      }
    } catch (NumberFormatException e) {
      throw new UsageException(
          option + " is '" + text + "', wanted two whole numbers: 1024,768", e);
    }
    throw new UsageException(option + " is '" + text + "', wanted two whole numbers: 1024,768");
  }
}
