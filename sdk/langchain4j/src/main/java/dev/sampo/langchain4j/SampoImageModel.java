package dev.sampo.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
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
import java.util.function.UnaryOperator;

/** Pictures from prompts by a diffusion model, in this process, as PNG in base64. */
public final class SampoImageModel implements ImageModel, AutoCloseable {
  private final DiffusionPipeline pipeline;
  private final UnaryOperator<DiffusionRequest.Builder> settings;

  private SampoImageModel(
      DiffusionPipeline pipeline, UnaryOperator<DiffusionRequest.Builder> settings) {
    this.pipeline = pipeline;
    this.settings = settings;
  }

  /** Opens a model; every request has the pipeline's own settings. */
  public static SampoImageModel open(Path folder) {
    return open(folder, builder -> builder);
  }

  /** Opens a model; what every request begins with, such as {@code b -> b.numInferenceSteps(20).seed(7)}. */
  public static SampoImageModel open(
      Path folder, UnaryOperator<DiffusionRequest.Builder> settings) {
    return new SampoImageModel(DiffusionPipeline.open(folder), settings);
  }

  @Override
  public Response<Image> generate(String prompt) {
    return Response.from(generate(prompt, 1).content().get(0));
  }

  @Override
  public Response<List<Image>> generate(String prompt, int n) {
    if (!pipeline.takesText() && !pipeline.classes().contains(prompt)) {
      throw new UnsupportedFeatureException(
          pipeline.name()
              + " takes no text but one of its classes: "
              + String.join(", ", pipeline.classes()));
    }
    try {
      DiffusionRequest.Builder request = settings.apply(DiffusionRequest.builder()).count(n);
      if (pipeline.takesText()) {
        request.prompt(prompt);
      } else {
        request.classLabel(pipeline.classes().indexOf(prompt));
      }
      List<Image> images = new ArrayList<>();
      for (Pixels pixels : pipeline.generate(request.build()).pictures().pixels()) {
        images.add(Image.builder().base64Data(png(pixels)).mimeType("image/png").build());
      }
      return Response.from(images);
    } catch (RequestException e) {
      throw new InvalidRequestException(e.getMessage(), e);
    }
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
