package dev.sampo.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.Pixels;
import dev.sampo.sound.Wav;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embeddings, pictures, latents, sounds, the page. */
class OtherEndpointsTest {
  private static final String EMBED = "/v1/embeddings";
  private static final String IMAGES = "/v1/images/generations";

  private static final ServedModel ENCODER =
      Served.model("encoder", Served.golden("encoders/embedding"));
  private static final ServedModel GAN = Served.shipped("digits-gan");
  private static Served served;

  @TempDir static Path folder;

  @BeforeAll
  static void start() {
    served =
        Served.of(
            config -> config,
            ENCODER,
            GAN,
            Served.shipped("digits-vae"),
            Served.shipped("digits-diffusion"),
            Served.model("whisper", Served.golden("longform/second")),
            Served.shipped("scripture-gpt"),
            Served.shipped("numbers-en-fr"));
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  @Test
  void models_whenListed_thenEachSaysWhatItDoes() {
    JsonNode data = Served.json(served.get("/v1/models")).path("data");
    assertEquals(7, data.size());
    StringBuilder does = new StringBuilder();
    data.forEach(m -> does.append(m.path("id").asText()).append(m.path("sampo").path("does")));
    assertEquals(
        "encoder[\"embeddings\"]digits-gan[\"images\",\"latents\"]digits-vae[\"images\",\"latents\"]"
            + "digits-diffusion[\"images\"]whisper[\"transcriptions\"]scripture-gpt[\"completions\",\"chat\"]numbers-en-fr[\"completions\"]",
        does.toString());
  }

  @Test
  void embeddings_whenFloatsOrBase64_thenTheModelsOwnVectors() {
    List<String> texts = List.of("The cat sat on the mat.", "A dog");
    List<float[]> own = ((TextEncoder) ENCODER.model()).embed(texts);
    String input = "{\"model\":\"encoder\",\"input\":[\"The cat sat on the mat.\",\"A dog\"]";
    JsonNode floats = served.ok(EMBED, input + "}");
    JsonNode base64 = served.ok(EMBED, input + ",\"encoding_format\":\"base64\"}");
    for (int i = 0; i < 2; i++) {
      assertArrayEquals(own.get(i), vector(floats.path("data").path(i).path("embedding")));
      assertArrayEquals(own.get(i), vector(base64.path("data").path(i).path("embedding")));
      assertEquals(i, floats.path("data").path(i).path("index").asInt());
    }
    assertTrue(floats.path("usage").path("prompt_tokens").asInt() > 4);
    JsonNode one = served.ok(EMBED, "{\"model\":\"encoder\",\"input\":\"A dog\",\"dimensions\":4}");
    assertEquals(4, one.path("data").path(0).path("embedding").size());
  }

  @Test
  void completions_whenATranslatorIsAskedWhereItLooked_thenARowEachToken() {
    JsonNode choice =
        served
            .ok(
                "/v1/completions",
                "{\"model\":\"numbers-en-fr\",\"prompt\":\"eighty-one\",\"temperature\":0,\"max_tokens\":40,\"attention\":true}")
            .path("choices")
            .path(0);
    assertEquals("stop", choice.path("finish_reason").asText());
    assertEquals("quatre-vingt-un", choice.path("text").asText().replace(" ", ""));
    JsonNode attention = choice.path("attention");
    assertEquals(attention.path("tokens").size(), attention.path("weights").size());
    assertTrue(attention.path("source").size() <= attention.path("weights").path(0).size() + 1);
  }

  private static float[] vector(JsonNode json) {
    float[] vector;
    if (json.isTextual()) {
      ByteBuffer bytes =
          ByteBuffer.wrap(Base64.getDecoder().decode(json.asText())).order(ByteOrder.LITTLE_ENDIAN);
      vector = new float[bytes.remaining() / 4];
      bytes.asFloatBuffer().get(vector);
    } else {
      vector = new float[json.size()];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = (float) json.get(i).asDouble();
      }
    }
    return vector;
  }

  private static BufferedImage picture(JsonNode data) throws IOException {
    return ImageIO.read(
        new ByteArrayInputStream(Base64.getDecoder().decode(data.path("b64_json").asText())));
  }

  private static void assertSame(Pixels want, BufferedImage got) {
    assertEquals(want.widthPx(), got.getWidth());
    assertEquals(want.heightPx(), got.getHeight());
    for (int y = 0; y < got.getHeight(); y++) {
      for (int x = 0; x < got.getWidth(); x++) {
        assertEquals(want.at(x, y, 0), got.getRaster().getSample(x, y, 0));
      }
    }
  }

  @Test
  void images_whenAGanDraws_thenTheModelsOwnPicturesAndTheirLatentsDecodeToThem()
      throws IOException {
    GanPipeline gan = (GanPipeline) GAN.model();
    List<Pixels> own =
        gan.sample(PictureRequest.builder().seed(5L).count(2).classLabels(List.of(3, 7)).build())
            .pictures()
            .pixels();
    JsonNode json =
        served.ok(
            IMAGES,
            "{\"model\":\"digits-gan\",\"prompt\":\"3, 7\",\"n\":2,\"seed\":5,\"size\":\"28x28\"}");
    assertEquals(2, json.path("data").size());
    for (int i = 0; i < 2; i++) {
      assertSame(own.get(i), picture(json.path("data").path(i)));
    }
    assertEquals(5, json.path("sampo").path("seed").asInt());
    JsonNode decoded =
        served.ok(
            "/sampo/latents",
            "{\"model\":\"digits-gan\",\"class_label\":7,\"latents\":["
                + json.path("sampo").path("latents").path(1)
                + "]}");
    assertSame(own.get(1), picture(decoded.path("data").path(0)));
  }

  @Test
  void images_whenDiffusion_thenTheSettingsMakeThemAgain() {
    String ask =
        "{\"model\":\"digits-diffusion\",\"prompt\":\"7\",\"num_inference_steps\":2,\"seed\":";
    JsonNode first = served.ok(IMAGES, ask + "9}");
    assertEquals("7", first.path("sampo").path("settings").path("class_label").asText());
    JsonNode two =
        served.ok(
            IMAGES,
            "{\"model\":\"digits-diffusion\",\"prompt\":\"7, 1\",\"n\":2,\"num_inference_steps\":1}");
    assertEquals(2, two.path("data").size());
    JsonNode again =
        served.ok(IMAGES, ask + first.path("sampo").path("seed") + ",\"response_format\":\"url\"}");
    assertEquals(
        "data:image/png;base64," + first.path("data").path(0).path("b64_json").asText(),
        again.path("data").path(0).path("url").asText());
  }

  @Test
  void images_whenTheWishCannotBe_thenTheErrorNamesTheField() {
    String[][] cases = {
      {"{\"model\":\"digits-gan\",\"prompt\":\"a cat\"}", "prompt"},
      {"{\"model\":\"digits-gan\",\"size\":\"64x64\"}", "size"},
      {"{\"model\":\"digits-gan\",\"size\":\"1e9x1\"}", "size"},
      {"{\"model\":\"digits-gan\",\"n\":0}", "n"},
      {"{\"model\":\"digits-gan\",\"class_label\":77}", "class_labels"},
      {"{\"model\":\"digits-diffusion\",\"scheduler\":\"Nobody\"}", "scheduler"},
      {"{\"model\":\"digits-diffusion\",\"num_inference_steps\":1000000}", "num_inference_steps"},
    };
    for (String[] each : cases) {
      HttpResponse<String> response = served.post(IMAGES, each[0]);
      assertEquals(400, response.statusCode(), each[0] + response.body());
      assertEquals(
          each[1],
          Served.json(response).path("error").path("param").asText(),
          each[0] + response.body());
    }
    HttpResponse<String> latent =
        served.post("/sampo/latents", "{\"model\":\"digits-vae\",\"latents\":[[1,2]]}");
    assertEquals("latents", Served.json(latent).path("error").path("param").asText());
  }

  // ---- sounds

  private static HttpResponse<String> transcribe(String format, byte[] wav) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String[][] fields = {{"model", "whisper"}, {"response_format", format}};
    for (String[] field : fields) {
      body.write(
          ("--xyz\r\nContent-Disposition: form-data; name=\""
                  + field[0]
                  + "\"\r\n\r\n"
                  + field[1]
                  + "\r\n")
              .getBytes(StandardCharsets.UTF_8));
    }
    body.write(
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8));
    body.write(wav);
    body.write("\r\n--xyz--\r\n".getBytes(StandardCharsets.UTF_8));
    return served.send(
        HttpRequest.newBuilder(served.at("/v1/audio/transcriptions"))
            .header("Content-Type", "multipart/form-data; boundary=xyz")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
            .build());
  }

  @Test
  void transcriptions_whenAWavIsSent_thenSegmentsInEachForm() throws IOException {
    float[] samples = new float[32_000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.4 * Math.sin(i / 7.0));
    }
    Path file = folder.resolve("tone.wav");
    new Wav(16_000, samples).write(file);
    byte[] wav = Files.readAllBytes(file);
    HttpResponse<String> verbose = transcribe("verbose_json", wav);
    assertEquals(200, verbose.statusCode(), verbose.body());
    JsonNode json = Served.json(verbose);
    assertEquals(2.0, json.path("duration").asDouble());
    assertFalse(json.path("segments").isEmpty());
    assertFalse(json.path("segments").path(0).path("tokens").isEmpty());
    assertTrue(
        transcribe("srt", wav).body().matches("(?s)1\n\\d\\d:\\d\\d:\\d\\d,\\d{3} --> \\d\\d:.*"),
        transcribe("srt", wav).body());
    assertTrue(Served.json(transcribe("json", wav)).has("text"));
    HttpResponse<String> broken = transcribe("json", new byte[] {1, 2, 3});
    assertEquals(400, broken.statusCode());
    assertEquals("file", Served.json(broken).path("error").path("param").asText());
    new Wav(8_000, samples).write(file);
    assertEquals(400, transcribe("json", Files.readAllBytes(file)).statusCode());
  }

  // ---- the page, and numbers

  @Test
  void page_whenRead_thenAllItsFilesAreThereAndNothingIsFromElsewhere() {
    String page = served.get("/").body();
    assertTrue(page.contains("<title>Sampo</title>"));
    for (String file :
        List.of(
            "page.css",
            "page.js",
            "api.js",
            "chat.js",
            "pictures.js",
            "latents.js",
            "favicon.svg")) {
      HttpResponse<String> response = served.get("/" + file);
      assertEquals(200, response.statusCode(), file);
      assertFalse(response.body().replace("http://www.w3.org/2000/svg", "").contains("http"), file);
    }
    assertTrue(
        served
            .get("/")
            .headers()
            .firstValue("Content-Security-Policy")
            .orElse("")
            .contains("default-src 'self'"));
  }

  @Test
  void metrics_whenSomethingWasDone_thenItCounts() {
    served.ok(EMBED, "{\"model\":\"encoder\",\"input\":\"A dog\"}");
    served.ok(
        "/v1/completions", "{\"model\":\"scripture-gpt\",\"prompt\":\"And\",\"max_tokens\":3}");
    String text = served.get("/metrics").body();
    for (String name :
        List.of(
            "sampo_embeddings_total{model=\"encoder\"}",
            "sampo_tokens_total{kind=\"completion\",model=\"scripture-gpt\"}",
            "sampo_time_to_first_token_seconds_count{model=\"scripture-gpt\"}",
            "sampo_queue{model=\"scripture-gpt\"} 0.0",
            "sampo_batch_rows{model=\"scripture-gpt\"}",
            "sampo_cache_bytes{model=\"scripture-gpt\"}",
            "sampo_http_requests_seconds_count{path=\"/v1/embeddings\",status=\"200\"}")) {
      assertTrue(text.contains(name), name + " in " + text);
    }
  }
}
