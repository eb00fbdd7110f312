package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Progress;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PictureResult;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/images/generations}. A model without text takes the name of one of its classes as the prompt, or several with commas between, or nothing.
 */
final class ImagesEndpoint implements Endpoint {
  private static final int MAX_PROMPT_CHARS = 32_000;
  private static final int MAX_STEPS = 1000;

  private final Models models;
  private final Running running;
  private final ServerConfig config;
  private final Metrics metrics;

  ImagesEndpoint(Models models, Running running, ServerConfig config, Metrics metrics) {
    this.models = models;
    this.running = running;
    this.config = config;
    this.metrics = metrics;
  }

  /** What is common to all families. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  private record Wish(
      String prompt,
      int count,
      int @Nullable [] size,
      @Nullable Long seed,
      List<Integer> classLabels,
      boolean url) {}

  /** What was made, and what to ask for to get it again. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  private record Made(
      PictureBatch pictures, long seed, ObjectNode settings, float @Nullable [][] latents) {}

  /** How a family makes them; made before the wait, so that what cannot be is refused at once. */
  private interface Maker {
    Made make(CancellationToken token, Runnable alive);
  }

  @Override
  public void answer(HttpCall call, Deadline deadline) throws IOException {
    Fields fields = new Fields(Json.read(call.body(config.maxBodyBytes())));
    Models.Host host =
        models.find(fields, "make pictures", DiffusionPipeline.class, PictureModel.class);
    fields.ignore(
        "quality",
        "style",
        "user",
        "background",
        "moderation",
        "output_compression",
        "partial_images");
    if (fields.bool("stream", false)) {
      throw ApiException.badRequest("stream", "Pictures come at once: leave stream out.");
    }
    String type = fields.string("output_format", "png");
    if (!type.equals("png")) {
      throw ApiException.badRequest(
          "output_format", "output_format is '" + type + "'; wanted png.");
    }
    Wished wished = wished(host, fields);
    fields.finish();
    CancellationToken token = running.token();
    host.gate().enter(call, deadline);
    Made made;
    try {
      made =
          wished.maker.make(
              token,
              () -> {
                if (call.gone()) {
                  token.cancel();
                  throw new GoneException();
                }
                deadline.check();
              });
    } catch (SchedulerException e) {
      throw ApiException.badRequest("scheduler", String.valueOf(e.getMessage()), e);
    } finally {
      host.gate().leave();
      running.forget(token);
    }
    metrics.pictures(host.id(), made.pictures.count());
    call.answer(200, "application/json", Json.bytes(json(made, wished.wish.url)));
  }

  /** What was wished, and how it is made. */
  private record Wished(Wish wish, Maker maker) {}

  private Wished wished(Models.Host host, Fields fields) {
    if (host.served().model() instanceof DiffusionPipeline) {
      return diffusion((DiffusionPipeline) host.served().model(), fields);
    }
    return picture((PictureModel) host.served().model(), fields);
  }

  // ---- reading

  private Wish wish(Fields fields, List<String> classes, boolean takesText) {
    String prompt = fields.string("prompt", "");
    if (prompt.length() > MAX_PROMPT_CHARS) {
      throw ApiException.badRequest(
          "prompt", "A prompt has at most " + MAX_PROMPT_CHARS + " characters.");
    }
    int count = fields.integer("n", 1, config.maxPictures(), 1);
    String format = fields.string("response_format", "b64_json");
    if (!format.equals("b64_json") && !format.equals("url")) {
      throw ApiException.badRequest(
          "response_format", "response_format is '" + format + "'; wanted b64_json or url.");
    }
    return new Wish(
        prompt,
        count,
        size(fields.string("size", "auto")),
        fields.longer("seed"),
        spread(labels(fields, takesText ? "" : prompt, classes), count),
        format.equals("url"));
  }

  /** One class for all pictures, or one for each, in turn. */
  private static List<Integer> spread(List<Integer> labels, int count) {
    if (labels.size() > count) {
      throw ApiException.badRequest(
          "n", "n is " + count + ", fewer than the " + labels.size() + " classes.");
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < count && labels.size() > 1; i++) {
      all.add(labels.get(i % labels.size()));
    }
    return labels.size() > 1 ? all : labels;
  }

  private int @Nullable [] size(String size) {
    if (size.equals("auto")) {
      return null;
    }
    String[] parts = size.split("x", -1);
    try {
      int width = Integer.parseInt(parts[0]);
      int height = Integer.parseInt(parts.length == 2 ? parts[1] : "");
      if (width > 0 && height > 0 && Math.max(width, height) <= config.maxPicturePx()) {
        return new int[] {width, height};
      }
    } catch (NumberFormatException e) {
      throw ApiException.badRequest(
          "size", "size is '" + size + "'; wanted auto or WIDTHxHEIGHT.", e);
    }
    throw ApiException.badRequest(
        "size", "size is '" + size + "'; sides are 1 to " + config.maxPicturePx() + " pixels.");
  }

  /** Classes by number, or by the names in a prompt. */
  private static List<Integer> labels(Fields fields, String names, List<String> classes) {
    List<Integer> labels = new ArrayList<>();
    JsonNode given = fields.any("class_label");
    if (given != null) {
      for (JsonNode each : given.isArray() ? given : Json.array().add(given)) {
        if (!each.isInt()) {
          throw ApiException.badRequest("class_label", "class_label has to be an integer.");
        }
        labels.add(each.asInt());
      }
      return labels;
    }
    if (classes.isEmpty() || names.trim().isEmpty()) {
      return labels;
    }
    for (String name : names.split(",", -1)) {
      int at = -1;
      for (int i = 0; i < classes.size(); i++) {
        at = classes.get(i).equalsIgnoreCase(name.trim()) ? i : at;
      }
      if (at < 0) {
        throw ApiException.badRequest(
            "prompt",
            "This model reads no text; its prompt is the name of a class. '"
                + name.trim()
                + "' is none of: "
                + String.join(", ", classes)
                + ".");
      }
      labels.add(at);
    }
    return labels;
  }

  // ---- diffusion

  private Wished diffusion(DiffusionPipeline model, Fields fields) {
    Wish wish = wish(fields, model.classes(), model.takesText());
    Integer steps = fields.integer("num_inference_steps", 1, MAX_STEPS);
    Double guidance = fields.number("guidance_scale", 0, 1000);
    String negative = fields.string("negative_prompt");
    String scheduler = fields.string("scheduler");
    Double eta = fields.number("eta", 0, 1);
    DiffusionRequest.Builder request =
        DiffusionRequest.builder()
            // Of a diffusion model the count is of each class.
            .count(wish.classLabels.size() > 1 ? 1 : wish.count)
            .seed(wish.seed)
            .numInferenceSteps(steps)
            .guidanceScale(guidance)
            .eta(eta)
            .scheduler(scheduler);
    if (model.takesText()) {
      request.prompt(wish.prompt);
    }
    if (negative != null) {
      request.negativePrompt(negative);
    }
    int[] labels = wish.classLabels.stream().mapToInt(Integer::intValue).toArray();
    if (labels.length > 0) {
      request.classLabel(labels);
    }
    if (wish.size != null) {
      request.size(wish.size[0], wish.size[1]);
    }
    DiffusionRequest checked = request.build();
    return new Wished(
        wish,
        (token, alive) -> {
          DiffusionResult result =
              model.generate(
                  checked.toBuilder().cancellation(token).progress(step -> alive.run()).build());
          ObjectNode settings = Json.object();
          result.settings().forEach(settings::put);
          return new Made(result.pictures(), result.seed(), settings, null);
        });
  }

  // ---- GAN, VAE, PixelCNN

  private Wished picture(PictureModel model, Fields fields) {
    Wish wish = wish(fields, model.classes(), false);
    Double truncation = fields.number("truncation", 0, 100);
    int width = model.image().width();
    int height = model.image().height();
    if (wish.size != null && width > 0 && (wish.size[0] != width || wish.size[1] != height)) {
      throw ApiException.badRequest(
          "size", "This model makes pictures of " + width + "x" + height + " pixels.");
    }
    PictureRequest checked =
        PictureRequest.builder()
            .count(wish.count)
            .seed(wish.seed)
            .classLabels(wish.classLabels)
            .truncation(truncation)
            .build();
    return new Wished(
        wish,
        (token, alive) -> {
          Progress<Progress.Count> told = step -> alive.run();
          PictureResult result =
              model.sample(checked.toBuilder().cancellation(token).progress(told).build());
          ObjectNode settings = Json.object();
          ArrayNode labels = settings.putArray("class_label");
          for (long label : result.labels()) {
            labels.add(label);
          }
          if (truncation != null) {
            settings.put("truncation", truncation);
          }
          return new Made(result.pictures(), result.seed(), settings, result.latents());
        });
  }

  // ---- writing

  private static ObjectNode json(Made made, boolean url) throws IOException {
    ObjectNode root = Json.object().put("created", System.currentTimeMillis() / 1000);
    ArrayNode data = root.putArray("data");
    for (int i = 0; i < made.pictures.count(); i++) {
      String png = Png.base64(made.pictures.pixels(i));
      ObjectNode one = data.addObject();
      if (url) {
        one.put("url", "data:image/png;base64," + png);
      } else {
        one.put("b64_json", png);
      }
    }
    ObjectNode more = root.putObject("sampo");
    more.put("seed", made.seed);
    more.set("settings", made.settings);
    if (made.latents != null && made.latents.length > 0) {
      ArrayNode rows = more.putArray("latents");
      for (float[] latent : made.latents) {
        ArrayNode row = rows.addArray();
        for (float value : latent) {
          row.add(value);
        }
      }
    }
    return root;
  }
}
