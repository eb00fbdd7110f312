package dev.sampo.training.recipe;

import dev.sampo.error.SampoException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.training.artifacts.NativeTraining;
import dev.sampo.training.data.PictureFolder;
import dev.sampo.training.data.PictureSet;
import dev.sampo.training.data.PictureShape;
import dev.sampo.training.graph.Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the recipe of a model folder. */
public final class Recipes {
  private Recipes() {}

  /**
   * The recipe of a folder's family.
   *
   * <p>Data: for language models a text, a column of a {@code .csv}, {@code .tsv} or {@code .jsonl} file or a folder of
   * {@code .txt} files (a Transformer takes token ids as {@code .npy} as well); for sequence-to-sequence {@code .tsv},
   * {@code .csv} or {@code .jsonl} pairs; for pictures see {@link #pictures}.
   * Texts become ids by the tokenizer of the folder, as when the model is asked.
   */
  public static Recipe of(Path folder, RecipeOptions options) throws IOException {
    chooseLibrary(options);
    ModelFolder model = ModelFolder.open(folder);
    return switch (model.family()) {
      case VAE, GAN, AUTOENCODER, DIFFUSION_UNET ->
          ofPictures(folder, model.family(), pictures(folder, options), options);
      case RNN_LM -> LanguageRecipes.recurrent(model, options);
      case ATTENTION_SEQ2SEQ -> Seq2SeqRecipe.open(model, options);
      case DECODER_ONLY -> LanguageRecipes.transformer(model, options);
      default -> throw unknown(model.family());
    };
  }

  /** What pictures the model of a folder takes. */
  public static PictureShape pictureShape(Path folder) throws IOException {
    ModelFolder model = ModelFolder.open(folder);
    return switch (model.family()) {
      case VAE, AUTOENCODER -> PictureRecipes.shape(folder, "encoder");
      case GAN -> PictureRecipes.shape(folder, "discriminator");
      case DIFFUSION_UNET -> PictureRecipes.unetShape(folder);
      default -> throw unknown(model.family());
    };
  }

  /**
   * The pictures of the options' data, checked against the model: a {@code .npy} file with {@code <name>-labels.npy}
   * beside it ({@link PictureSet#ofNpy}), or a folder of picture files ({@link PictureFolder}) that the options' reader
   * decodes.
   */
  public static PictureSet pictures(Path folder, RecipeOptions options) throws IOException {
    PictureShape shape = pictureShape(folder);
    Path data = options.data();
    if (!Files.isDirectory(data)) {
      PictureSet pictures = PictureSet.ofNpy(data);
      shape.check(pictures, data);
      return pictures;
    }
    PictureFolder.Reader reader = options.pictures();
    if (reader == null) {
      throw new SampoException(
          data + " is a folder of picture files; give RecipeOptions.withPictures a decoder.");
    }
    return PictureFolder.read(data, shape, reader);
  }

  /** As {@link #of} with pictures that are in memory already. */
  public static Recipe ofPictures(
      Path folder, Family family, PictureSet pictures, RecipeOptions options) throws IOException {
    chooseLibrary(options);
    pictureShape(folder).check(pictures, options.data());
    return switch (family) {
      case VAE -> PictureRecipes.vae(folder, pictures, options);
      case AUTOENCODER -> PictureRecipes.autoencoder(folder, pictures, options);
      case GAN -> PictureRecipes.gan(folder, pictures, options);
      case DIFFUSION_UNET -> PictureRecipes.diffusion(folder, pictures, options);
      default -> throw unknown(family);
    };
  }

  /** Before ONNX Runtime is loaded: a process has one library. */
  private static void chooseLibrary(RecipeOptions options) {
    if (options.backend() == Backend.ORT_TRAINING) {
      NativeTraining.install();
    }
  }

  private static SampoException unknown(Family family) {
    return new SampoException(
        "There is no training recipe for a model of family '"
            + family.label()
            + "'; there are recipes for vae, autoencoder, gan, diffusion-unet, rnn-lm,"
            + " attention-seq2seq and decoder-only. Write one with TrainingGraph.builder().");
  }
}
