package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import dev.sampo.sound.LogMelFeatures;
import dev.sampo.sound.Wav;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.Transcript;
import dev.sampo.text.WhisperLongForm;
import dev.sampo.text.WhisperOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/audio/transcriptions}: WAV files, at the sample rate of the model. */
final class AudioEndpoint implements Endpoint {
  private static final Set<String> FORMATS = Set.of("json", "text", "verbose_json", "srt", "vtt");
  private static final Set<String> KNOWN =
      Set.of(
          "file",
          "model",
          "language",
          "prompt",
          "response_format",
          "temperature",
          "timestamp_granularities[]",
          "timestamp_granularities",
          "stream");

  private final Models models;
  private final Running running;
  private final ServerConfig config;

  AudioEndpoint(Models models, Running running, ServerConfig config) {
    this.models = models;
    this.running = running;
    this.config = config;
  }

  @Override
  public void answer(HttpCall call, Deadline deadline) throws IOException {
    Map<String, HttpCall.Part> parts = parts(call);
    ObjectNode named = Json.object();
    parts.forEach(
        (name, part) -> {
          if (part.fileName() == null) {
            named.put(name, new String(part.bytes(), StandardCharsets.UTF_8));
          } else if (!name.equals("file")) {
            throw ApiException.badRequest(name, "Only 'file' is a file.");
          }
        });
    Fields fields = new Fields(named);
    Models.Host host = models.find(fields, "transcribe", TextGenerator.class);
    TextHost text = Objects.requireNonNull(host.text());
    LogMelFeatures features = text.sound();
    if (features == null) {
      throw ApiException.badRequest(
          "model", "model_not_supported", "The model '" + host.id() + "' hears nothing.");
    }
    String format = format(fields);
    GenerationConfig settings = settings(fields, !format.equals("json") && !format.equals("text"));
    for (String name : parts.keySet()) {
      if (!KNOWN.contains(name)) {
        throw ApiException.badRequest(
            name, "unknown_parameter", "Unknown parameter: '" + name + "'.");
      }
    }
    WhisperOptions options = WhisperOptions.builder().prompt(fields.string("prompt")).build();
    Wav sound = sound(parts.get("file"), features.sampleRateHz());
    CancellationToken token = running.token();
    host.gate().enter(call, deadline);
    Transcript transcript;
    try (Tensor whole = features.whole(sound)) {
      transcript = transcribe(call, deadline, text.generator(), settings, options, whole, token);
    } finally {
      host.gate().leave();
      running.forget(token);
    }
    write(call, format, transcript, sound, fields.string("language"));
  }

  private Map<String, HttpCall.Part> parts(HttpCall call) throws IOException {
    try {
      return call.form(config.maxBodyBytes());
    } catch (HttpCall.TooLargeException | HttpCall.SlowBodyException e) {
      throw e;
    } catch (IOException e) {
      throw ApiException.badRequest(null, String.valueOf(e.getMessage()), e);
    }
  }

  private static String format(Fields fields) {
    String format = fields.string("response_format", "json");
    if (!FORMATS.contains(format)) {
      throw ApiException.badRequest(
          "response_format",
          "response_format is '" + format + "'; wanted json, text, verbose_json, srt or vtt.");
    }
    if ("true".equalsIgnoreCase(fields.string("stream", "false"))) {
      throw ApiException.badRequest("stream", "Transcripts come at once: leave stream out.");
    }
    return format;
  }

  private static GenerationConfig settings(Fields fields, boolean timestamps) {
    GenerationConfig.Builder b = GenerationConfig.builder();
    String language = fields.string("language");
    if (language != null) {
      b.language(language);
    }
    if (timestamps) {
      b.returnTimestamps(true);
    }
    String temperature = fields.string("temperature", "0");
    double value;
    try {
      value = Double.parseDouble(temperature);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest(
          "temperature", "temperature is '" + temperature + "', which is no number.", e);
    }
    if (!(value >= 0 && value <= 1)) {
      throw ApiException.badRequest("temperature", "temperature is from 0 to 1.");
    }
    b.doSample(value > 0);
    if (value > 0) {
      b.temperature(value);
    }
    return b.build();
  }

  private static Wav sound(HttpCall.@Nullable Part file, int sampleRateHz) throws IOException {
    if (file == null || file.bytes().length == 0) {
      throw ApiException.badRequest(
          "file", "missing_required_parameter", "Missing required parameter: 'file'.");
    }
    Path kept = Files.createTempFile("sampo-sound", ".wav");
    Wav sound;
    try {
      Files.write(kept, file.bytes());
      sound = Wav.read(kept);
    } catch (IOException e) {
      // The reader names the file that it reads, which is none that the client knows.
      String message = String.valueOf(e.getMessage()).replace(kept.toString(), "file");
      throw ApiException.badRequest("file", "The file is no WAV that can be read: " + message, e);
    } finally {
      Files.deleteIfExists(kept);
    }
    if (sound.sampleRateHz() != sampleRateHz) {
      throw ApiException.badRequest(
          "file",
          "The sound has "
              + sound.sampleRateHz()
              + " samples a second; this model wants "
              + sampleRateHz
              + ". Convert it.");
    }
    return sound;
  }

  private static Transcript transcribe(
      HttpCall call,
      Deadline deadline,
      TextGenerator generator,
      GenerationConfig settings,
      WhisperOptions options,
      Tensor whole,
      CancellationToken token) {
    GenerationRequest request =
        GenerationRequest.builder()
            .inputFeatures(whole)
            .config(settings)
            .cancellation(token)
            .progress(
                step -> {
                  if (call.gone()) {
                    token.cancel();
                    throw new GoneException();
                  }
                  deadline.check();
                })
            .build();
    return WhisperLongForm.of(generator).transcribe(request, options);
  }

  // ---- writing

  private static void write(
      HttpCall call, String format, Transcript said, Wav sound, @Nullable String language)
      throws IOException {
    String text = said.text().trim();
    switch (format) {
      case "text":
        plain(call, text + "\n");
        break;
      case "srt":
        plain(call, subtitles(said, ',', true));
        break;
      case "vtt":
        plain(call, "WEBVTT\n\n" + subtitles(said, '.', false));
        break;
      default:
        ObjectNode json = Json.object();
        if (format.equals("verbose_json")) {
          json.put("task", "transcribe");
          json.put("language", language == null ? "" : language);
          json.put("duration", sound.durationSeconds());
          segments(json.putArray("segments"), said);
        }
        json.put("text", text);
        call.answer(200, "application/json", Json.bytes(json));
    }
  }

  private static void plain(HttpCall call, String text) throws IOException {
    call.answer(200, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  private static void segments(ArrayNode out, Transcript said) {
    for (Transcript.Segment segment : said.segments()) {
      ObjectNode json = out.addObject();
      json.put("id", out.size() - 1);
      json.put("start", segment.startSeconds());
      json.put("end", segment.endSeconds());
      json.put("text", segment.text());
      ArrayNode tokens = json.putArray("tokens");
      segment.ids().forEach(tokens::add);
    }
  }

  private static String subtitles(Transcript said, char point, boolean numbered) {
    StringBuilder out = new StringBuilder();
    int number = 0;
    for (Transcript.Segment segment : said.segments()) {
      if (numbered) {
        out.append(++number).append('\n');
      }
      out.append(time(segment.startSeconds(), point))
          .append(" --> ")
          .append(time(segment.endSeconds(), point))
          .append('\n')
          .append(segment.text().trim())
          .append("\n\n");
    }
    return out.toString();
  }

  private static String time(double seconds, char point) {
    long millis = Math.round(seconds * 1000);
    return String.format(
        Locale.ROOT,
        "%02d:%02d:%02d%c%03d",
        millis / 3_600_000,
        millis / 60_000 % 60,
        millis / 1000 % 60,
        point,
        millis % 1000);
  }
}
