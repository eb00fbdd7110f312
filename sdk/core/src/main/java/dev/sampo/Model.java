package dev.sampo;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.UnClipPipeline;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.CrossEncoder;
import dev.sampo.embedding.FillMask;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.model.Family;
import dev.sampo.molecule.MoleculePipeline;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.PictureModel;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.sound.MusicPipeline;
import dev.sampo.sound.SpeechPipeline;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.text.TextGenerator;
import dev.sampo.video.VideoPipeline;

/**
 * An opened model of any family. {@link Sampo#open(java.nio.file.Path)} gives one; a {@code switch} over it, or {@link
 * Sampo#open(java.nio.file.Path, Class)}, gives its family.
 *
 * <p>It holds native memory until it is closed. Any number of threads may use it at the same time; what runs when it is closed ends with
 * {@link dev.sampo.error.ClosedException}.
 */
public sealed interface Model extends AutoCloseable
    permits CascadePipeline,
        UnClipPipeline,
        ClipModel,
        CrossEncoder,
        DiffusionPipeline,
        FillMask,
        ForecastPipeline,
        HandwritingPipeline,
        ImageToImagePipeline,
        MoleculePipeline,
        MusicPipeline,
        PictureModel,
        SpeechPipeline,
        TextEncoder,
        TextGenerator,
        VideoPipeline,
        WaveNetPipeline {

  /** The name of the model: what {@code sampo.json} says, or the name of its folder. */
  String name();

  /** What kind of model the folder holds. */
  Family family();

  /** Frees the graphs. A second call does nothing. */
  @Override
  void close();
}
