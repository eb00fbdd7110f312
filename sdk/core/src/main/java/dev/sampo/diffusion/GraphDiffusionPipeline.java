package dev.sampo.diffusion;

import dev.sampo.diffusion.architecture.TextOptions;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** A diffusion model of ONNX graphs. */
final class GraphDiffusionPipeline implements DiffusionPipeline {
  private final DiffusionModel model;

  private GraphDiffusionPipeline(DiffusionModel model) {
    this.model = model;
  }

  static DiffusionPipeline open(ModelFolder folder, SessionConfig config) {
    return new GraphDiffusionPipeline(DiffusionModel.open(folder, config));
  }

  @Override
  public String name() {
    return model.folder().name();
  }

  @Override
  public Family family() {
    return model.folder().family();
  }

  @Override
  public DiffusionResult generate(DiffusionRequest request) {
    return new DiffusionJob(model, request).generate();
  }

  @Override
  public PictureBatch invert(DiffusionRequest request) {
    return new DiffusionJob(model, request).invert();
  }

  @Override
  public PromptFeatures encode(String... prompts) {
    return model
        .promptEncoder()
        .encode(
            Collections.singletonList(Arrays.asList(prompts)),
            false,
            new TextOptions(null),
            CancellationToken.none());
  }

  @Override
  public List<Pixels> decode(PictureBatch latents) {
    return Unit.of(model.decode(latents, 0, CancellationToken.none()), model.range()).pixels();
  }

  @Override
  public SchedulerConfig schedulerConfig() {
    return model.schedulerConfig();
  }

  @Override
  public List<String> classes() {
    return model.classNames();
  }

  @Override
  public boolean takesText() {
    return model.takesText();
  }

  @Override
  public boolean takesClasses() {
    return model.takesClasses();
  }

  @Override
  public int sizeMultiplePx() {
    return model.sizeMultiplePx();
  }

  @Override
  public void close() {
    model.close();
  }
}
