package dev.sampo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.UnClipPipeline;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.CrossEncoder;
import dev.sampo.embedding.FillMask;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.molecule.MoleculePipeline;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.PixelCnnPipeline;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.VaePipeline;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.sound.MusicPipeline;
import dev.sampo.sound.SpeechPipeline;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.text.TextGenerator;
import dev.sampo.video.VideoPipeline;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** One door for each family, and which of them a folder goes through. */
enum Doors {
  AUTOENCODER(AutoencoderPipeline.class, AutoencoderPipeline::open),
  CASCADE(CascadePipeline.class, CascadePipeline::open),
  CLIP(ClipModel.class, ClipModel::open),
  CROSS_ENCODER(CrossEncoder.class, CrossEncoder::open),
  DIFFUSION(DiffusionPipeline.class, DiffusionPipeline::open),
  FILL_MASK(FillMask.class, FillMask::open),
  FORECAST(ForecastPipeline.class, ForecastPipeline::open),
  GAN(GanPipeline.class, GanPipeline::open),
  HANDWRITING(HandwritingPipeline.class, HandwritingPipeline::open),
  IMAGE_TO_IMAGE(ImageToImagePipeline.class, ImageToImagePipeline::open),
  MOLECULE(MoleculePipeline.class, MoleculePipeline::open),
  MUSIC(MusicPipeline.class, MusicPipeline::open),
  PIXELCNN(PixelCnnPipeline.class, PixelCnnPipeline::open),
  SPEECH(SpeechPipeline.class, SpeechPipeline::open),
  STYLEGAN(StyleGanPipeline.class, StyleGanPipeline::open),
  TEXT_ENCODER(TextEncoder.class, TextEncoder::open),
  TEXT(TextGenerator.class, TextGenerator::open),
  UNCLIP(UnClipPipeline.class, UnClipPipeline::open),
  VAE(VaePipeline.class, VaePipeline::open),
  VIDEO(VideoPipeline.class, VideoPipeline::open),
  WAVENET(WaveNetPipeline.class, WaveNetPipeline::open);

  private static final List<String> CLASSIFIERS =
      Arrays.asList("ForTokenClassification", "ForQuestionAnswering", "ForMultipleChoice");

  private final Class<? extends Model> type;
  private final BiFunction<ModelFolder, SessionConfig, Model> opener;

  <T extends Model> Doors(Class<T> type, BiFunction<ModelFolder, SessionConfig, T> opener) {
    this.type = type;
    this.opener = opener::apply;
  }

  Class<? extends Model> type() {
    return type;
  }

  Model open(ModelFolder folder, SessionConfig config) {
    return opener.apply(folder, config);
  }

  /** The door of a folder's family; of those that several families share (a graph alone, an encoder) by the graph's outputs. */
  static Doors of(ModelFolder folder) {
    return switch (folder.family()) {
      case GAN -> GAN;
      case STYLEGAN -> STYLEGAN;
      case VAE -> VAE;
      case AUTOENCODER -> AUTOENCODER;
      case IMAGE_TO_IMAGE -> IMAGE_TO_IMAGE;
      case PIXELCNN -> PIXELCNN;
      case WAVENET -> WAVENET;
      case FORECAST -> FORECAST;
      case HANDWRITING -> HANDWRITING;
      case MOLECULE_VAE -> MOLECULE;
      case MUSICGEN -> MUSIC;
      case VITS, SPEECHT5 -> SPEECH;
      case CLIP -> CLIP;
      case DIFFUSION_UNET, LATENT_DIFFUSION, DIFFUSION_TRANSFORMER -> DIFFUSION;
      case TEXT_TO_VIDEO, VIDEO_UNET -> VIDEO;
      case PIXEL_CASCADE -> CASCADE;
      case UNCLIP -> UNCLIP;
      case RNN_LM, ATTENTION_SEQ2SEQ, ENCODER_DECODER -> TEXT;
      case DECODER_ONLY, ENCODER, GRAPH -> byOutputs(folder);
    };
  }

  /**
   * The door of a wanted type. A folder that could be several things (an encoder with scores) is opened as the one that was asked for.
   *
   * @throws ModelException if the folder is something else
   */
  static Doors of(ModelFolder folder, Class<? extends Model> wanted) {
    Doors usual = of(folder);
    if (wanted.isAssignableFrom(usual.type)) {
      return usual;
    }
    for (Doors door : values()) {
      if (wanted == door.type && door.isOfText() && usual.isOfText()) {
        return door;
      }
    }
    throw new ModelException(
        folder.root(),
        "Model "
            + folder.root()
            + " (family '"
            + folder.family().label()
            + "') is no "
            + wanted.getSimpleName()
            + " but a "
            + usual.type.getSimpleName()
            + ". Open it as that, or with Sampo.open(path).");
  }

  private boolean isOfText() {
    return this == TEXT || this == TEXT_ENCODER || this == FILL_MASK || this == CROSS_ENCODER;
  }

  private static Doors byOutputs(ModelFolder folder) {
    if (architecture(folder, "ForSequenceClassification")) {
      return CROSS_ENCODER;
    }
    refuseClassifier(folder);
    for (ModelGraph graph : folder.graphs().values()) {
      if (graph.hasOutput("logits")) {
        return isMasked(folder) ? FILL_MASK : TEXT;
      }
    }
    return TEXT_ENCODER;
  }

  private static boolean architecture(ModelFolder folder, String ending) {
    for (JsonNode architecture : folder.jsonOrEmpty("config.json").path("architectures")) {
      if (architecture.asText().endsWith(ending)) {
        return true;
      }
    }
    return false;
  }

  /** A model whose scores are of labels, not of tokens, is none that generates. */
  private static void refuseClassifier(ModelFolder folder) {
    if (folder.family() != Family.ENCODER) {
      return;
    }
    for (JsonNode architecture : folder.jsonOrEmpty("config.json").path("architectures")) {
      String name = architecture.asText();
      for (String task : CLASSIFIERS) {
        if (name.endsWith(task)) {
          throw new ModelException(
              folder.root(),
              "Model "
                  + folder.root()
                  + " is a classifier ("
                  + name
                  + "): its scores are of labels, not of tokens, so it neither generates nor embeds. Run"
                  + " its graph with dev.sampo.runtime.Graph, or take a model for what you want: one"
                  + " ForCausalLM to generate text.");
        }
      }
    }
  }

  /** Whether scores are about masked tokens: by the architecture that config.json names, or else by a mask token. */
  private static boolean isMasked(ModelFolder folder) {
    JsonNode architectures = folder.jsonOrEmpty("config.json").path("architectures");
    for (JsonNode architecture : architectures) {
      if (architecture.asText().endsWith("ForMaskedLM")) {
        return true;
      }
    }
    return architectures.isEmpty()
        && folder.jsonOrEmpty("tokenizer_config.json").hasNonNull("mask_token");
  }
}
