package dev.sampo.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.internal.Sizes;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.SampoCard;
import dev.sampo.specs.SampoCard.ClassConditioning;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A UNet over clips in pixel space, told a class or nothing (Ho et al. 2022, arXiv:2204.03458). Immutable; owns the graph. */
final class PixelVideoPipeline implements VideoPipeline {
  final Graph unet;
  final double loadMillis;

  /** The card's word about classes, or null. */
  final @Nullable ClassConditioning classConditioning;

  final double low;
  final double high;
  final ModelFolder folder;
  private final SchedulerConfig scheduler;
  private final Shape declared;
  private final JsonNode config;

  private PixelVideoPipeline(ModelFolder folder, Graph unet, long begin) {
    this.folder = folder;
    this.unet = unet;
    this.declared = unet.inputs().get("sample").shape();
    this.config = folder.jsonOrEmpty("unet/config.json");
    this.scheduler = SchedulerFiles.read(folder, SchedulerFiles.USUAL);
    SampoCard card = folder.card();
    this.classConditioning = card == null ? null : card.classConditioning();
    ImageFormat image = card == null ? null : card.image();
    this.low = image == null ? -1 : image.low();
    this.high = image == null ? 1 : image.high();
    this.loadMillis = (System.nanoTime() - begin) / 1e6;
  }

  static VideoPipeline open(ModelFolder folder, SessionConfig config) {
    long begin = System.nanoTime();
    Graph unet = folder.load("unet", config);
    try {
      return new PixelVideoPipeline(folder, unet, begin);
    } catch (RuntimeException e) {
      unet.close();
      throw e;
    }
  }

  /** A side of the clips: what the graph insists on, or else what the request asks for, or what the configuration says. */
  int side(int axis, String key, @Nullable Integer asked, int fallback) {
    long fixed = declared.dim(axis);
    if (fixed > 0) {
      return (int) fixed;
    }
    Path file = folder.root().resolve("unet/config.json");
    return asked != null ? asked : Sizes.stated(config, file, key, fallback, Sizes.MOST_SIDE);
  }

  int channels() {
    return side(1, "in_channels", null, 3);
  }

  /** A number of the card's defaults. */
  double preset(String key, double fallback) {
    SampoCard card = folder.card();
    return card == null ? fallback : card.defaults().getOrDefault(key, fallback);
  }

  boolean takesClasses() {
    return unet.inputs().containsKey("class_labels");
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return Family.VIDEO_UNET;
  }

  @Override
  public VideoResult generate(VideoRequest request) {
    return new PixelVideoJob(this, request).generate();
  }

  @Override
  public SchedulerConfig schedulerConfig() {
    return scheduler;
  }

  @Override
  public int sizeMultiplePx() {
    return 1;
  }

  @Override
  public int frameMultiple() {
    return 1;
  }

  @Override
  public boolean takesText() {
    return false;
  }

  @Override
  public List<String> classes() {
    return classConditioning == null ? Collections.emptyList() : classConditioning.classes();
  }

  @Override
  public void close() {
    unet.close();
  }
}
