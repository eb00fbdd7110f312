package dev.sampo.specs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** All specs, each read from this jar on first use. */
public final class Specs {
  // From the root: a shrinker moves this class to another package and leaves the files where they
  // are.
  private static final String FOLDER = "/dev/sampo/specs/";

  private static final List<String> NAMES =
      Collections.unmodifiableList(
          Arrays.asList(
              "gan",
              "stylegan",
              "vae",
              "autoencoder",
              "image-to-image",
              "pixelcnn",
              "wavenet",
              "forecast",
              "handwriting",
              "molecule-vae",
              "musicgen",
              "vits",
              "speecht5",
              "rnn-lm",
              "attention-seq2seq",
              "decoder-only",
              "encoder-decoder",
              "encoder",
              "clip",
              "diffusion-unet",
              "latent-diffusion",
              "diffusion-transformer",
              "text-to-video",
              "video-unet",
              "unclip",
              "pixel-cascade"));

  private static final Map<String, Spec> READ = new ConcurrentHashMap<>();

  private Specs() {}

  /** Names of all specs. */
  public static List<String> names() {
    return NAMES;
  }

  /** All specs by name. */
  public static Map<String, Spec> all() {
    Map<String, Spec> all = new LinkedHashMap<>();
    for (String name : NAMES) {
      all.put(name, get(name));
    }
    return Collections.unmodifiableMap(all);
  }

  /**
   * The spec with that name.
   *
   * @throws SpecException if there is none; the message lists those there are
   */
  public static Spec get(String name) {
    return get(name, "specs");
  }

  static Spec get(String name, String source) {
    if (!NAMES.contains(name)) {
      throw new SpecException(source, "unknown spec '" + name + "'. Known: " + NAMES);
    }
    Spec spec = READ.get(name);
    if (spec == null) {
      spec = Spec.parse(read(name + ".json"), "specs/" + name + ".json");
      READ.put(name, spec);
    }
    return spec;
  }

  private static String read(String file) {
    try (InputStream in = Specs.class.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        throw new IllegalStateException("The jar of sampo-exporter-specs lacks " + file);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] block = new byte[8192];
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        out.write(block, 0, n);
      }
      return out.toString("UTF-8");
    } catch (IOException e) {
      throw new IllegalStateException("The jar of sampo-exporter-specs cannot be read", e);
    }
  }
}
