package dev.sampo.model;

import dev.sampo.specs.Spec;
import dev.sampo.specs.Specs;
import org.jspecify.annotations.Nullable;

/** Kinds of models, one for each spec, and {@link #GRAPH} for a graph that belongs to none. */
public enum Family {
  GAN("gan"),
  STYLEGAN("stylegan"),
  VAE("vae"),
  AUTOENCODER("autoencoder"),
  IMAGE_TO_IMAGE("image-to-image"),
  PIXELCNN("pixelcnn"),
  WAVENET("wavenet"),
  FORECAST("forecast"),
  HANDWRITING("handwriting"),
  MOLECULE_VAE("molecule-vae"),
  MUSICGEN("musicgen"),
  VITS("vits"),
  SPEECHT5("speecht5"),
  RNN_LM("rnn-lm"),
  ATTENTION_SEQ2SEQ("attention-seq2seq"),
  DECODER_ONLY("decoder-only"),
  ENCODER_DECODER("encoder-decoder"),
  ENCODER("encoder"),
  CLIP("clip"),
  DIFFUSION_UNET("diffusion-unet"),
  LATENT_DIFFUSION("latent-diffusion"),
  DIFFUSION_TRANSFORMER("diffusion-transformer"),
  TEXT_TO_VIDEO("text-to-video"),
  VIDEO_UNET("video-unet"),
  UNCLIP("unclip"),
  PIXEL_CASCADE("pixel-cascade"),
  /** A single graph that was given by its file and lies in no known folder. */
  GRAPH(null);

  private final @Nullable String specName;

  Family(@Nullable String specName) {
    this.specName = specName;
  }

  /** Name of the spec; {@code graph} for {@link #GRAPH}. */
  public String label() {
    return specName == null ? "graph" : specName;
  }

  /** The spec, or null for {@link #GRAPH}. */
  public @Nullable Spec spec() {
    return specName == null ? null : Specs.get(specName);
  }

  /** The family of a spec. */
  static Family of(String specName) {
    for (Family family : values()) {
      if (specName.equals(family.specName)) {
        return family;
      }
    }
    throw new IllegalArgumentException("No family has the spec " + specName);
  }

  /** {@link #label()}. Messages call that: where R8 turns this enum into numbers, it appends the constant's name instead. */
  @Override
  public String toString() {
    return label();
  }
}
