package dev.sampo.springai;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.error.RequestException;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.springframework.ai.image.Image;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;

/** Pictures from prompts by a diffusion model, in this process, as PNG in base64. A model that takes classes is prompted with a class's name. */
public final class SampoImageModel implements ImageModel, AutoCloseable {
  private final DiffusionPipeline pipeline;

  private SampoImageModel(DiffusionPipeline pipeline) {
    this.pipeline = pipeline;
  }

  /**
   * Opens a model.
   *
   * @throws dev.sampo.error.ModelException if the folder holds no diffusion model
   */
  public static SampoImageModel open(Path folder) {
    return new SampoImageModel(DiffusionPipeline.open(folder));
  }

  @Override
  public ImageResponse call(ImagePrompt prompt) {
    ImageOptions options = prompt.getOptions();
    Integer count = options == null ? null : options.getN();
    DiffusionRequest.Builder request = DiffusionRequest.builder().count(count == null ? 1 : count);
    if (options != null) {
      request.size(options.getWidth(), options.getHeight());
    }
    String text = prompt.getInstructions().get(0).getText();
    if (pipeline.takesText()) {
      request.prompt(text == null ? "" : text);
    } else {
      int label = pipeline.classes().indexOf(text);
      if (label < 0) {
        throw new RequestException(
            "prompt",
            pipeline.name()
                + " takes no text but one of its classes: "
                + String.join(", ", pipeline.classes()));
      }
      request.classLabel(label);
    }
    List<ImageGeneration> images = new ArrayList<>();
    for (Pixels pixels : pipeline.generate(request.build()).pictures().pixels()) {
      images.add(new ImageGeneration(new Image(null, png(pixels))));
    }
    return new ImageResponse(images);
  }

  private static String png(Pixels pixels) {
    try {
      return Base64.getEncoder().encodeToString(Pictures.png(pixels));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    pipeline.close();
  }
}
