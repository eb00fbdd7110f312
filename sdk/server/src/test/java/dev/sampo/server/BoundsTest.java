package dev.sampo.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is refused, and what becomes of requests that end early. */
class BoundsTest {
  private static final String PLAIN = "/v1/completions";
  private static final String LONG =
      "{\"model\":\"scripture-gpt\",\"prompt\":\"And\",\"max_tokens\":240,\"logit_bias\":{\"0\":-100}";

  private static Served served;

  @BeforeAll
  static void start() {
    served =
        Served.of(
            config ->
                config
                    .maxQueue(2)
                    .maxBatch(1)
                    .maxBodyBytes(5000)
                    .allowedOrigins(List.of("https://example.org")),
            Served.shipped("scripture-gpt"));
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static JsonNode error(int status, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), response.body());
    JsonNode error = Served.json(response).path("error");
    assertFalse(error.path("message").asText().isEmpty());
    assertTrue(error.has("type") && error.has("param") && error.has("code"), response.body());
    return error;
  }

  private static JsonNode refused(int status, String path, String body) {
    return error(status, served.post(path, body));
  }

  @Test
  void post_whenAFieldIsWrong_thenTheErrorNamesIt() {
    String[][] cases = {
      {PLAIN, "{\"model\":\"scripture-gpt\",\"temperature\":3}", "temperature"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"max_tokens\":\"five\"}", "max_tokens"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"max_tokens\":0}", "max_tokens"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"max_tokenz\":5}", "max_tokenz"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"n\":1000}", "n"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"prompt\":[-1]}", "prompt"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"stop\":[\"\"]}", "stop"},
      {PLAIN, "{\"model\":\"scripture-gpt\",\"logit_bias\":{\"x\":1}}", "logit_bias"},
      {PLAIN, "{\"prompt\":\"x\"}", "model"},
      {"/v1/chat/completions", "{\"model\":\"scripture-gpt\",\"messages\":[]}", "messages"},
      {
        "/v1/chat/completions",
        "{\"model\":\"scripture-gpt\",\"messages\":[{\"content\":\"x\"}]}",
        "messages[0]"
      },
      {
        "/v1/chat/completions",
        "{\"model\":\"scripture-gpt\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}",
        "messages[0].content"
      },
      {
        "/v1/chat/completions",
        "{\"model\":\"scripture-gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"required\"}",
        "tool_choice"
      },
      {
        "/v1/chat/completions",
        "{\"model\":\"scripture-gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"strange\"}}}}",
        "response_format"
      },
      {"/v1/embeddings", "{\"model\":\"scripture-gpt\",\"input\":\"x\"}", "model"},
      {"/v1/images/generations", "{\"model\":\"scripture-gpt\",\"prompt\":\"x\"}", "model"},
    };
    for (String[] each : cases) {
      assertEquals(each[2], refused(400, each[0], each[1]).path("param").asText(), each[1]);
    }
    refused(400, PLAIN, "{\"model\":");
    refused(400, PLAIN, "[]");
    refused(400, PLAIN, "{\"a\":".repeat(500));
  }

  @Test
  void post_whenThePromptIsTooLong_thenContextLengthExceeded() {
    JsonNode error =
        refused(
            400,
            PLAIN,
            "{\"model\":\"scripture-gpt\",\"prompt\":\"" + "and the LORD ".repeat(120) + "\"}");
    assertEquals("context_length_exceeded", error.path("code").asText());
  }

  @Test
  void request_whenPathMethodOrModelIsUnknown_then404And405() {
    assertEquals("unknown_url", error(404, served.get("/v1/nothing")).path("code").asText());
    error(405, served.get(PLAIN));
    assertEquals(
        "model_not_found",
        refused(404, PLAIN, "{\"model\":\"gpt-9\",\"prompt\":\"x\"}").path("code").asText());
    error(404, served.get("/v1/models/gpt-9"));
    assertEquals(
        "scripture-gpt", Served.json(served.get("/v1/models/scripture-gpt")).path("id").asText());
  }

  @Test
  void post_whenTheBodyIsTooLargeOrNoJson_then413And415() {
    String large = "{\"model\":\"scripture-gpt\",\"prompt\":\"" + "x".repeat(300_000) + "\"}";
    refused(413, PLAIN, large);
    HttpRequest plain =
        HttpRequest.newBuilder(served.at(PLAIN))
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString(LONG + "}"))
            .build();
    error(415, served.send(plain));
  }

  @Test
  void request_whenAPageOfAnotherSiteSendsIt_thenOnlyIfItWasNamed() throws IOException {
    HttpRequest.Builder other = served.request("/v1/models", null);
    error(403, served.send(other.header("Origin", "https://evil.example").build()));
    HttpResponse<String> named =
        served.send(
            served.request("/v1/models", null).header("Origin", "https://example.org").build());
    assertEquals(200, named.statusCode());
    assertEquals(
        "https://example.org",
        named.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
    // A name of another site that was made to point here.
    String answer =
        raw("GET /v1/models HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
  }

  private static String raw(String text) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", served.server.port())) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static double metric(String name) {
    for (String line : served.get("/metrics").body().split("\n", -1)) {
      if (line.startsWith(name + " ") || line.startsWith(name + "{")) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return 0; // counters begin with the first that they count
  }

  /** Waits until nothing of the model runs or waits. */
  private static void awaitIdle() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (metric("sampo_running") + metric("sampo_queue") + metric("sampo_http_active") > 0) {
      assertTrue(System.nanoTime() < end, "something still runs");
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @Test
  void post_whenTheQueueIsFull_then429WithRetryAfter() throws InterruptedException {
    List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
    ExecutorService clients = Executors.newFixedThreadPool(8);
    for (int i = 0; i < 8; i++) {
      all.add(CompletableFuture.supplyAsync(() -> served.post(PLAIN, LONG + "}"), clients));
    }
    clients.shutdown();
    int busy = 0;
    for (CompletableFuture<HttpResponse<String>> each : all) {
      HttpResponse<String> response = each.join();
      if (response.statusCode() == 429) {
        busy++;
        assertEquals("2", response.headers().firstValue("Retry-After").orElse(""));
        error(429, response);
      } else {
        assertEquals(200, response.statusCode());
      }
    }
    assertTrue(busy >= 1 && busy <= 6, busy + " of 8");
    awaitIdle();
  }

  @Test
  void client_whenItGoesAway_thenItsPlaceIsFreeAtOnce() throws Exception {
    awaitIdle();
    double before = metric("sampo_http_abandoned_total");
    for (String more : List.of(",\"stream\":true}", "}")) {
      String body = LONG + more;
      for (int i = 0; i < 3; i++) {
        try (Socket socket = new Socket("127.0.0.1", served.server.port())) {
          OutputStream out = socket.getOutputStream();
          out.write(
              ("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.UTF_8));
          if (more.contains("stream")) {
            InputStream in = socket.getInputStream();
            assertTrue(in.read() >= 0);
          } else {
            TimeUnit.MILLISECONDS.sleep(30);
          }
        }
      }
    }
    awaitIdle();
    assertEquals(before + 6, metric("sampo_http_abandoned_total"));
    assertEquals(200, served.post(PLAIN, LONG.replace("240", "2") + "}").statusCode());
  }

  @Test
  void start_whenNotTheLoopbackAddress_thenItWantsKeys() {
    ServedModel none = Served.shipped("digits-vae");
    try {
      RequestException e =
          assertThrows(
              RequestException.class,
              () ->
                  SampoServer.start(
                      ServerConfig.builder().host("0.0.0.0").port(0).build(), List.of(none)));
      assertEquals("host", e.option());
    } finally {
      none.model().close();
    }
  }

  @Test
  void request_whenKeysAreWanted_then401WithoutOne() {
    try (Served locked =
        Served.of(
            config -> config.apiKeys(List.of("first", "sesame")), Served.shipped("digits-vae"))) {
      assertEquals(200, locked.get("/health").statusCode());
      assertEquals(200, locked.get("/").statusCode());
      error(401, locked.get("/v1/models"));
      error(401, locked.get("/metrics"));
      HttpRequest.Builder request = locked.request("/v1/models", null);
      error(401, locked.send(request.copy().header("Authorization", "Bearer sesam").build()));
      error(401, locked.send(request.copy().header("Authorization", "Basic sesame").build()));
      HttpRequest right = request.copy().header("Authorization", "Bearer sesame").build();
      assertEquals(200, locked.send(right).statusCode());
    }
  }

  @Test
  void stop_whenARequestIsUnderWay_thenItFinishesAndNewOnesAreTurnedAway() throws Exception {
    try (Served own =
        Served.of(config -> config.graceMillis(20_000), Served.shipped("scripture-gpt"))) {
      CompletableFuture<HttpResponse<String>> answer =
          CompletableFuture.supplyAsync(() -> own.post(PLAIN, LONG + "}"));
      while (!own.get("/metrics").body().contains("sampo_http_active 1.0")) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      assertTrue(own.server.stop(), "ended by itself");
      assertEquals(200, answer.join().statusCode());
      assertEquals(240, Served.json(answer.join()).path("usage").path("completion_tokens").asInt());
    }
  }

  @Test
  void stop_whenTheGraceIsOver_thenAStreamEndsWithAnError() throws Exception {
    try (Served own =
        Served.of(config -> config.graceMillis(50), Served.shipped("scripture-gpt"))) {
      CompletableFuture<HttpResponse<String>> answer =
          CompletableFuture.supplyAsync(() -> own.post(PLAIN, LONG + ",\"n\":8,\"stream\":true}"));
      while (!own.get("/metrics").body().contains("sampo_http_active 1.0")) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      TimeUnit.MILLISECONDS.sleep(300);
      assertFalse(own.server.stop());
      assertTrue(
          answer.join().body().contains("event: error\ndata: {\"error\""), answer.join().body());
    }
  }

  /** A connection that sends the beginning of a request, and then a byte at a time, until it is ended. */
  private static Socket dripping(SampoServer server, String begin, ExecutorService threads)
      throws IOException {
    Socket socket = new Socket("127.0.0.1", URI.create(server.url()).getPort());
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(begin.getBytes(StandardCharsets.UTF_8));
    threads.execute(
        () -> {
          try {
            while (true) {
              socket.getOutputStream().write('a');
              Thread.sleep(30);
            }
          } catch (IOException | InterruptedException ended) {
            // What is wanted.
          }
        });
    return socket;
  }

  @Test
  void connections_whenAllPlacesAreTakenBySlowOnes_thenTheyAreEndedAndOthersAnswered()
      throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Socket> slow = new ArrayList<>();
    String head = "POST " + PLAIN + " HTTP/1.1\r\nHost: localhost\r\n";
    try (Served small =
        Served.of(
            config -> config.maxConnections(4).idleMillis(400), Served.shipped("scripture-lstm"))) {
      for (int i = 0; i < 2; i++) {
        slow.add(
            dripping(
                small.server,
                head + "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{",
                threads));
        slow.add(dripping(small.server, head + "X-Slow: ", threads));
      }
      HttpResponse<String> response =
          small.post(PLAIN, "{\"model\":\"scripture-lstm\",\"prompt\":\"And\",\"max_tokens\":1}");
      assertEquals(200, response.statusCode(), response.body());
      for (Socket each : slow) {
        InputStream in = each.getInputStream();
        String answer = "";
        try {
          answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException reset) {
          answer = "reset";
        }
        assertTrue(answer.isEmpty() || answer.equals("reset") || answer.contains(" 408 "), answer);
      }
    } finally {
      threads.shutdownNow();
      for (Socket each : slow) {
        each.close();
      }
    }
  }

  @Test
  void post_whenTheDeclaredLengthIsBeyondAll_then413AtOnce() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", URI.create(served.server.url()).getPort())) {
      socket.setSoTimeout(20_000);
      String request =
          "POST "
              + PLAIN
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: 99999999999999\r\n\r\n{";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      byte[] begin = socket.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 413", new String(begin, StandardCharsets.UTF_8));
    }
  }

  @Test
  void post_whenAVocabularyLacksACharacter_then400() {
    try (Served lists = Served.of(config -> config, Served.shipped("scripture-lstm"))) {
      JsonNode error =
          error(
              400,
              lists.post(PLAIN, "{\"model\":\"scripture-lstm\",\"prompt\":\"\\ud83d\\ude00\"}"));
      assertTrue(error.path("message").asText().contains("does not know"), error.toString());
    }
  }
}
