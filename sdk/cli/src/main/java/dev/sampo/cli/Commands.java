package dev.sampo.cli;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.UnClipPipeline;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.CrossEncoder;
import dev.sampo.embedding.FillMask;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.molecule.MoleculePipeline;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.PictureModel;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.sound.MusicPipeline;
import dev.sampo.sound.SpeechPipeline;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.text.TextGenerator;
import dev.sampo.video.VideoPipeline;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which command is for which kind of model. */
final class Commands {
  private static final Map<Class<? extends Model>, String> BY_FAMILY = new LinkedHashMap<>();

  static {
    BY_FAMILY.put(TextGenerator.class, "text");
    BY_FAMILY.put(DiffusionPipeline.class, "image");
    BY_FAMILY.put(CascadePipeline.class, "image");
    BY_FAMILY.put(UnClipPipeline.class, "image");
    BY_FAMILY.put(VideoPipeline.class, "video");
    BY_FAMILY.put(PictureModel.class, "latent");
    BY_FAMILY.put(WaveNetPipeline.class, "latent sample");
    BY_FAMILY.put(MusicPipeline.class, "audio");
    BY_FAMILY.put(SpeechPipeline.class, "speak");
    BY_FAMILY.put(TextEncoder.class, "embed");
    BY_FAMILY.put(CrossEncoder.class, "rank");
    BY_FAMILY.put(ClipModel.class, "embed");
    BY_FAMILY.put(FillMask.class, "embed");
    BY_FAMILY.put(ImageToImagePipeline.class, "image-to-image");
    BY_FAMILY.put(ForecastPipeline.class, "forecast");
    BY_FAMILY.put(HandwritingPipeline.class, "write");
    BY_FAMILY.put(MoleculePipeline.class, "molecules");
  }

  private Commands() {}

  /** The command that fits what a folder holds. */
  static String of(ModelFolder folder) {
    Class<? extends Model> family = Sampo.familyOf(folder);
    for (Map.Entry<Class<? extends Model>, String> e : BY_FAMILY.entrySet()) {
      if (e.getKey().isAssignableFrom(family)) {
        return e.getValue();
      }
    }
    throw new IllegalStateException("No command is for " + family);
  }

  /**
   * Opens a model for a command.
   *
   * @throws CommandFailure when another command is for such models; the message names it
   */
  static <T extends Model> T open(
      ModelFolder folder, SessionConfig config, Class<T> family, String command) {
    if (folder.family() == Family.GRAPH && !command.equals("embed")) {
      throw new CommandFailure(
          folder.name()
              + " is one graph, and nothing says what it is for. Give the folder of its model; a net of your own"
              + " needs a sampo.json beside it (docs/bring-your-own-model.md). sampo inspect lists what goes in"
              + " and comes out.");
    }
    Class<? extends Model> is = Sampo.familyOf(folder);
    String fits = of(folder);
    if (!family.isAssignableFrom(is) && !fits.equals(command)) {
      throw new CommandFailure(
          folder.name()
              + " is a model of family '"
              + folder.family().label()
              + "', which sampo "
              + command
              + " does not run. Use sampo "
              + fits
              + "; sampo inspect says more.");
    }
    if (!family.isAssignableFrom(is)) {
      throw new CommandFailure(
          folder.name()
              + " is a model of family '"
              + folder.family().label()
              + "', which cannot do that: it has no latents to encode or decode. See sampo "
              + command
              + " --help.");
    }
    return Sampo.open(folder, config, family);
  }
}
