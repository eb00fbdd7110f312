package dev.sampo.training.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.SampoException;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.training.data.PictureSet;
import dev.sampo.training.data.PictureShape;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.loss.DiffusionLoss;
import dev.sampo.training.loss.GanLosses;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.loss.NoiseSchedule;
import dev.sampo.training.run.Order;
import dev.sampo.training.run.StepRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** VAE, GAN and diffusion models of pictures. */
final class PictureRecipes {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PictureRecipes() {}

  /** Pictures to train on, and a rest kept for validation: batches of it, at most eight, none where it does not fill one. */
  private static final class Split {
    final Source training;
    private final @Nullable Source held;
    private final int batches;

    Split(PictureSet pictures, int batch, RecipeOptions options, float low, float high) {
      int cut = (int) (pictures.size() * (1 - options.validation()));
      int rest = pictures.size() - cut;
      training = new Source(pictures.part(0, cut), batch, options.seed(), low, high);
      batches = Math.min(8, rest / batch);
      held =
          batches == 0
              ? null
              : new Source(pictures.part(cut, pictures.size()), batch, options.seed(), low, high);
    }

    /** @param make a batch from the source and the batch's number */
    List<Batch> validation(BiFunction<Source, Integer, Batch> make) {
      List<Batch> result = new ArrayList<>();
      if (held != null) {
        for (int i = 0; i < batches; i++) {
          result.add(make.apply(held, i));
        }
      }
      return result;
    }
  }

  /** Pictures in the range that a model wants, batch by batch. */
  private static final class Source {
    private final PictureSet pictures;
    private final Order order;
    private final int batch;
    private final float low;
    private final float high;

    Source(PictureSet pictures, int batch, long seed, float low, float high) {
      this.pictures = pictures;
      this.batch = batch;
      this.low = low;
      this.high = high;
      order = new Order(pictures.size(), batch, seed);
    }

    int[] at(long step) {
      return order.at(step);
    }

    Batch fill(Batch into, int[] which) {
      return into.floats("sample", pixels(which), shape());
    }

    long[] shape() {
      return new long[] {batch, pictures.channels(), pictures.heightPx(), pictures.widthPx()};
    }

    float[] pixels(int[] which) {
      int size = pictures.channels() * pictures.heightPx() * pictures.widthPx();
      float[] all = new float[batch * size];
      for (int b = 0; b < batch; b++) {
        float[] one = pictures.picture(which[b]);
        for (int k = 0; k < size; k++) {
          all[b * size + k] = low + (high - low) * one[k];
        }
      }
      return all;
    }

    long[] classes(int[] which) {
      long[] result = new long[batch];
      for (int b = 0; b < batch; b++) {
        result[b] = pictures.classOf(which[b]);
      }
      return result;
    }
  }

  private static JsonNode sampoJson(Path folder) throws IOException {
    return JSON.readTree(Files.readAllBytes(folder.resolve("sampo.json")));
  }

  private static Path graph(Path folder, JsonNode sampo, String name) {
    JsonNode file = sampo.path("graphs").path(name).path("file");
    if (file.isMissingNode()) {
      throw new SampoException(folder + " has no graph '" + name + "', which training needs.");
    }
    return folder.resolve(file.asText());
  }

  private static float range(JsonNode sampo, int end) {
    return (float) sampo.path("image").path("range").path(end).asDouble(end);
  }

  /** What the graph of this name takes as {@code sample}, with the classes that sampo.json names. */
  static PictureShape shape(Path folder, String graph) throws IOException {
    JsonNode sampo = sampoJson(folder);
    List<String> classes = new ArrayList<>();
    sampo.path("classes").forEach(name -> classes.add(name.asText()));
    return shape(graph(folder, sampo, graph), classes);
  }

  /** What a UNet takes; its classes are numbers, of which the last may stand for "no class". */
  static PictureShape unetShape(Path folder) throws IOException {
    JsonNode config = JSON.readTree(Files.readAllBytes(folder.resolve("unet/config.json")));
    List<String> classes = new ArrayList<>();
    for (int i = 0; i < config.path("num_class_embeds").asInt(0); i++) {
      classes.add(Integer.toString(i));
    }
    return shape(folder.resolve("unet").resolve("model.onnx"), classes);
  }

  private static PictureShape shape(Path file, List<String> classes) throws IOException {
    for (ValueInfoProto input : Models.read(file).getGraph().getInputList()) {
      var dims = input.getType().getTensorType().getShape().getDimList();
      if (input.getName().equals("sample") && dims.size() == 4) {
        return new PictureShape(
            (int) dims.get(1).getDimValue(),
            (int) dims.get(2).getDimValue(),
            (int) dims.get(3).getDimValue(),
            classes);
      }
    }
    throw new SampoException(
        file + " has no input 'sample' of shape [batch, channels, height, width].");
  }

  static Recipe vae(Path folder, PictureSet pictures, RecipeOptions options) throws IOException {
    JsonNode sampo = sampoJson(folder);
    int batch = options.batchOr(32);
    int latent = sampo.path("latent").path("size").asInt();
    float low = range(sampo, 0);
    float high = range(sampo, 1);
    FolderExport export =
        new FolderExport(folder)
            .with("encoder", graph(folder, sampo, "encoder"))
            .with("decoder", graph(folder, sampo, "decoder"));
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("encoder", export.models().get("encoder"))
            .model("decoder", export.models().get("decoder"))
            .dim("batch", batch)
            .dim("*.0", batch)
            .trainNormalization(false)
            .trainable(options.trainable())
            .objective(Losses.vae(1, low, high))
            .build();
    Split split = new Split(pictures, batch, options, low, high);
    return new SingleRecipe(
        graph,
        options,
        step -> vaeBatch(split.training, options.seed(), step, batch, latent),
        split.validation((held, i) -> vaeBatch(held, options.seed() + 1, i, batch, latent)),
        export,
        1000,
        1e-3);
  }

  /** The mean squared error of what comes out; a denoising autoencoder is trained alike, its noise is in the data. */
  static Recipe autoencoder(Path folder, PictureSet pictures, RecipeOptions options)
      throws IOException {
    JsonNode sampo = sampoJson(folder);
    int batch = options.batchOr(32);
    FolderExport export =
        new FolderExport(folder)
            .with("encoder", graph(folder, sampo, "encoder"))
            .with("decoder", graph(folder, sampo, "decoder"));
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("encoder", export.models().get("encoder"))
            .model("decoder", export.models().get("decoder"))
            .dim("batch", batch)
            .dim("*.0", batch)
            .trainNormalization(false)
            .trainable(options.trainable())
            .objective(Losses.autoencoder())
            .build();
    Split split = new Split(pictures, batch, options, range(sampo, 0), range(sampo, 1));
    return new SingleRecipe(
        graph,
        options,
        step -> split.training.fill(new Batch(), split.training.at(step)),
        split.validation((held, i) -> held.fill(new Batch(), held.at(i))),
        export,
        400,
        1e-3);
  }

  private static Batch vaeBatch(Source source, long seed, long step, int batch, int latent) {
    float[] noise = new StepRandom(seed, "noise", step).gaussians(batch * latent);
    return source.fill(new Batch().floats("noise", noise, batch, latent), source.at(step));
  }

  static Recipe gan(Path folder, PictureSet pictures, RecipeOptions options) throws IOException {
    JsonNode sampo = sampoJson(folder);
    int batch = options.batchOr(32);
    int latent = sampo.path("latent").path("size").asInt();
    FolderExport export =
        new FolderExport(folder)
            .with("generator", graph(folder, sampo, "generator"))
            .with("discriminator", graph(folder, sampo, "discriminator"));
    Source source = new Source(pictures, batch, options.seed(), range(sampo, 0), range(sampo, 1));
    OptimizerConfig optimizer = options.optimizer().withBetas(0, 0.99).withWeightDecay(0);
    boolean wasserstein = options.ganLoss() == GanLosses.WASSERSTEIN;
    double clip = optimizer.weightClip() > 0 ? optimizer.weightClip() : 0.01;
    return new GanRecipe(
        ganGraph(export, batch, options, true),
        ganGraph(export, batch, options, false),
        optimizer.withWeightClip(0),
        optimizer.withWeightClip(wasserstein ? clip : 0),
        options,
        step -> {
          int[] which = source.at(step);
          float[] z = new StepRandom(options.seed(), "z", step).gaussians(batch * latent);
          Batch result = source.fill(new Batch().floats("z", z, batch, latent), which);
          return result.longs("class_label", source.classes(which), batch);
        },
        export);
  }

  private static TrainingGraph ganGraph(
      FolderExport export, int batch, RecipeOptions options, boolean generator) throws IOException {
    TrainingGraph.Builder builder =
        TrainingGraph.builder()
            .model("generator", export.models().get("generator"))
            .model("discriminator", export.models().get("discriminator"))
            .dim("batch", batch)
            .dim("*.0", batch)
            .trainNormalization(false)
            .trainable(options.trainable())
            .live(generator ? "discriminator" : "generator");
    return builder
        .objective(generator ? options.ganLoss().generator() : options.ganLoss().discriminator())
        .build();
  }

  static Recipe diffusion(Path folder, PictureSet pictures, RecipeOptions options)
      throws IOException {
    Path unet = folder.resolve("unet").resolve("model.onnx");
    JsonNode scheduler =
        JSON.readTree(
            Files.readAllBytes(folder.resolve("scheduler").resolve("scheduler_config.json")));
    NoiseSchedule noise = schedule(scheduler);
    DiffusionLoss prediction =
        scheduler.path("prediction_type").asText("epsilon").equals("v_prediction")
            ? DiffusionLoss.V
            : DiffusionLoss.EPSILON;
    int batch = options.batchOr(16);
    FolderExport export = new FolderExport(folder).with("model", unet);
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("model", unet)
            .dim("batch", batch)
            .dim("*.0", batch)
            .dim("batch_size", batch)
            .dim("height", pictures.heightPx())
            .dim("width", pictures.widthPx())
            .dim("sample.2", pictures.heightPx())
            .dim("sample.3", pictures.widthPx())
            .trainable(options.trainable())
            .objective(prediction.of("out_sample"))
            .build();
    Split split = new Split(pictures, batch, options, -1, 1);
    Source training = split.training;
    int[] first = training.at(0);
    TimestepWeights weights =
        options.lossWeighting() == RecipeOptions.LossWeighting.MIN_SNR
            ? TimestepWeights.minSnr(noise, prediction, 5)
            : TimestepWeights.balanced(
                unet,
                noise,
                prediction,
                options.seed(),
                options.setup().threads(),
                training.pixels(first),
                training.shape(),
                training.classes(first));
    Diffusion drawing = new Diffusion(noise, weights, graph, batch, nullClass(folder));
    return new SingleRecipe(
        graph,
        options,
        step -> drawing.batch(training, options.seed(), step),
        split.validation((held, i) -> drawing.batch(held, options.seed() + 1, i)),
        export,
        1500,
        1e-3);
  }

  /** The class that stands for none in classifier-free guidance; negative if the folder names none. */
  private static long nullClass(Path folder) throws IOException {
    Path card = folder.resolve("sampo-card.json");
    JsonNode conditioning =
        Files.exists(card)
            ? JSON.readTree(Files.readAllBytes(card)).path("class_conditioning")
            : JSON.createObjectNode();
    return conditioning.path("null_class").asLong(-1);
  }

  private static NoiseSchedule schedule(JsonNode config) {
    int steps = config.path("num_train_timesteps").asInt(1000);
    double first = config.path("beta_start").asDouble(1e-4);
    double last = config.path("beta_end").asDouble(0.02);
    String kind = config.path("beta_schedule").asText("linear");
    return switch (kind) {
      case "linear" -> NoiseSchedule.linear(steps, first, last);
      case "scaled_linear" -> NoiseSchedule.scaledLinear(steps, first, last);
      case "squaredcos_cap_v2" -> NoiseSchedule.cosine(steps);
      default ->
          throw new SampoException(
              "The scheduler's beta_schedule '"
                  + kind
                  + "' is not known to training; known are linear, scaled_linear,"
                  + " squaredcos_cap_v2.");
    };
  }

  /** Draws timesteps, noise and the classes that are left out. */
  private record Diffusion(
      NoiseSchedule schedule,
      TimestepWeights weights,
      TrainingGraph graph,
      int batch,
      long nullClass) {
    /** One class in so many is left out, so that guidance has something to point away from. */
    private static final int LEFT_OUT = 8;

    Batch batch(Source source, long seed, long step) {
      StepRandom random = new StepRandom(seed, "diffusion", step);
      int[] which = source.at(step);
      int[] t = schedule.draw(random, batch);
      long[] timesteps = new long[batch];
      float[] signal = new float[batch];
      float[] sigma = new float[batch];
      float[] weight = new float[batch];
      for (int b = 0; b < batch; b++) {
        timesteps[b] = t[b];
        signal[b] = (float) schedule.signalScale(t[b]);
        sigma[b] = (float) schedule.noiseScale(t[b]);
        weight[b] = (float) weights.at(t[b]);
      }
      long[] shape = graph.inputs().get("noise").dims();
      int count = (int) graph.inputs().get("noise").elementCount();
      Batch result =
          new Batch()
              .floats("noise", random.gaussians(count), shape)
              .longs("timestep", timesteps, batch)
              .floats("signal_scale", signal, batch)
              .floats("noise_scale", sigma, batch)
              .floats("loss_weight", weight, batch);
      if (graph.inputs().containsKey("class_labels")) {
        long[] classes = source.classes(which);
        for (int b = 0; b < batch && nullClass >= 0; b++) {
          classes[b] = random.nextInt(LEFT_OUT) == 0 ? nullClass : classes[b];
        }
        result.longs("class_labels", classes, batch);
      }
      return source.fill(result, which);
    }
  }
}
