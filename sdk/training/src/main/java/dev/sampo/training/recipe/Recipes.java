package dev.sampo.training.recipe;

import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.training.data.PictureSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;

/** Finds the recipe of a model folder. */
public final class Recipes {
  private Recipes() {}

  /**
   * The recipe of a folder's family.
   *
   * <p>Data: for language models a text, a {@code .jsonl} file or a folder of {@code .txt} files (a Transformer takes
   * token ids as {@code .npy} as well); for sequence-to-sequence {@code .tsv}, {@code .csv} or {@code .jsonl} pairs; for
   * pictures a {@code .npy} file with {@code <name>-labels.npy} beside it.
   *
   * @param tokenize turns text into token ids; asked for Transformers only
   */
  public static Recipe of(Path folder, RecipeOptions options, Function<String, int[]> tokenize)
      throws IOException {
    Family family = ModelFolder.open(folder).family();
    return switch (family) {
      case VAE, GAN, DIFFUSION_UNET ->
          ofPictures(folder, family, PictureSet.ofNpy(options.data()), options);
      case RNN_LM -> LanguageRecipes.recurrent(folder, options);
      case ATTENTION_SEQ2SEQ -> Seq2SeqRecipe.open(folder, options);
      case DECODER_ONLY ->
          LanguageRecipes.transformer(
              folder, ModelFolder.open(folder).graphFiles().get(0), tokenize::apply, options);
      default -> throw unknown(family);
    };
  }

  /** As {@link #of} with pictures that are in memory already. */
  public static Recipe ofPictures(
      Path folder, Family family, PictureSet pictures, RecipeOptions options) throws IOException {
    return switch (family) {
      case VAE -> PictureRecipes.vae(folder, pictures, options);
      case GAN -> PictureRecipes.gan(folder, pictures, options);
      case DIFFUSION_UNET -> PictureRecipes.diffusion(folder, pictures, options);
      default -> throw unknown(family);
    };
  }

  private static IllegalArgumentException unknown(Family family) {
    return new IllegalArgumentException(
        "There is no training recipe for a model of family '"
            + family
            + "'; there are recipes for vae, gan, diffusion-unet, rnn-lm, attention-seq2seq and"
            + " decoder-only. Write one with TrainingGraph.builder().");
  }
}
