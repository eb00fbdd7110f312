package dev.sampo.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server on this machine that answers as the Hub does. */
class HubTest {
  private static final byte[] GRAPH = new byte[300_000];

  static {
    new Random(1).nextBytes(GRAPH);
  }

  @TempDir Path cache;
  private final List<Long> waits = new ArrayList<>();
  private FakeHub server;
  private Hub hub;

  @BeforeEach
  void start() throws IOException {
    server =
        new FakeHub()
            .put("config.json", "{\"model_type\":\"gpt2\"}")
            .put("README.md", "# a model")
            .put("tokenizer.json", "{}")
            .put("onnx/model.onnx", GRAPH, true)
            .put("onnx/model_q4.onnx", Arrays.copyOf(GRAPH, 1000), true)
            .put("onnx/model_q4.onnx_data", Arrays.copyOf(GRAPH, 2000), true)
            .put("pytorch_model.bin", Arrays.copyOf(GRAPH, 50), true);
    hub = hub(server.config(cache));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Hub hub(HubConfig config) {
    return new Hub(config, waits::add);
  }

  private static PullRequest request(String name) {
    return PullRequest.builder(name).build();
  }

  @Test
  void pull_whenCacheEmpty_laysItOutAsPythonDoes() throws IOException {
    List<PullStep> steps = new ArrayList<>();
    PullResult result = hub.pull(PullRequest.builder("org/model").progress(steps::add).build());

    Path folder = cache.resolve("models--org--model");
    Path snapshot = folder.resolve("snapshots").resolve(FakeHub.COMMIT);
    assertEquals(snapshot, result.folder());
    assertEquals(
        List.of("config.json", "tokenizer.json", "onnx/model.onnx"),
        result.files().stream().map(HubFile::path).toList());
    assertEquals(FakeHub.COMMIT, Files.readString(folder.resolve("refs/main")));
    Path link = snapshot.resolve("onnx/model.onnx");
    assertEquals(Path.of("../../../blobs/" + FakeHub.sha256(GRAPH)), Files.readSymbolicLink(link));
    assertArrayEquals(GRAPH, Files.readAllBytes(link));
    assertEquals(
        Path.of("../../blobs/" + FakeHub.gitHash(server.files.get("config.json"))),
        Files.readSymbolicLink(snapshot.resolve("config.json")));
    assertTrue(Files.exists(folder.resolve("trees/" + FakeHub.COMMIT + ".json")));
    assertTrue(
        Files.readString(cache.resolve("CACHEDIR.TAG"))
            .startsWith("Signature: 8a477f597d28d172789f06886806bc55"));
    assertEquals(steps.get(steps.size() - 1).total(), steps.get(steps.size() - 1).done());
    assertEquals(result.downloadedBytes(), steps.get(steps.size() - 1).total());
  }

  @Test
  void pull_whenAllIsThere_asksOnlyForTheCommit() {
    hub.pull(request("org/model"));
    server.requests.clear();
    assertEquals(0, hub.pull(request("org/model")).downloadedBytes());
    assertEquals(List.of("GET /api/models/org/model/revision/main"), server.requests);
    server.requests.clear();
    assertEquals(0, hub.pull(request("org/model@" + FakeHub.COMMIT)).downloadedBytes());
    assertEquals(List.of(), server.requests);
  }

  @Test
  void pull_whenOffline_readsTheCacheWithoutARequest() {
    Path there = hub.pull(request("org/model")).folder();
    server.requests.clear();
    Hub offline = hub(server.config(cache).withOffline(true));
    assertEquals(there, offline.pull(request("org/model")).folder());
    assertEquals(List.of(), server.requests);
    HubException lacks =
        assertThrows(HubException.class, () -> offline.pull(request("org/model:q4")));
    assertTrue(lacks.getMessage().contains("lacks 2 of 4 files"), lacks.getMessage());
    HubException unknown =
        assertThrows(HubException.class, () -> offline.pull(request("org/other")));
    assertTrue(unknown.getMessage().contains("HF_HUB_OFFLINE"), unknown.getMessage());
  }

  @Test
  void pull_whenServerGone_takesWhatTheCacheHas() {
    Path there = hub.pull(request("org/model")).folder();
    server.close();
    assertEquals(there, hub.pull(request("org/model")).folder());
    HubException e = assertThrows(HubException.class, () -> hub.pull(request("org/other")));
    assertTrue(e.getMessage().contains("Check the network"), e.getMessage());
  }

  @Test
  void pull_whenVariant_fetchesItsGraphAndData() {
    assertEquals(
        List.of("config.json", "tokenizer.json", "onnx/model_q4.onnx", "onnx/model_q4.onnx_data"),
        hub.pull(request("org/model:q4")).files().stream().map(HubFile::path).toList());
    HubException e = assertThrows(HubException.class, () -> hub.pull(request("org/model:fp16")));
    assertTrue(e.getMessage().contains("the variants q4"), e.getMessage());
  }

  @Test
  void pull_whenIncluded_fetchesWhatMatches() {
    PullRequest request =
        PullRequest.builder("org/model").include(List.of("*.md", "onnx/*_q4.onnx")).build();
    assertEquals(
        List.of("README.md", "onnx/model_q4.onnx"),
        hub.pull(request).files().stream().map(HubFile::path).toList());
    PullRequest none = request.toBuilder().include(List.of("*.gguf")).build();
    HubException e = assertThrows(HubException.class, () -> hub.pull(none));
    assertTrue(e.getMessage().contains("no file that matches"), e.getMessage());
  }

  @Test
  void pull_whenConnectionBreaks_goesOnFromThere() throws IOException {
    server.breakAfterBytes = 100_000;
    PullResult result = hub.pull(request("org/model"));
    assertArrayEquals(GRAPH, Files.readAllBytes(result.folder().resolve("onnx/model.onnx")));
    assertEquals(2, server.ranges.size(), server.ranges.toString());
    assertTrue(server.ranges.get(1).startsWith("bytes="), server.ranges.toString());
    assertEquals(List.of(), incomplete());
  }

  @Test
  void pull_whenDeadProcessLeftAPart_goesOnFromItsEnd() throws IOException {
    Path blobs = Files.createDirectories(cache.resolve("models--org--model/blobs"));
    Path part = blobs.resolve(FakeHub.sha256(GRAPH) + ".12345678.incomplete");
    Files.write(part, Arrays.copyOf(GRAPH, 200_000));
    Files.setLastModifiedTime(part, FileTime.from(Instant.now().minusSeconds(3600)));
    PullResult result = hub.pull(request("org/model"));
    assertArrayEquals(GRAPH, Files.readAllBytes(result.folder().resolve("onnx/model.onnx")));
    assertEquals(List.of("bytes=200000-"), server.ranges);
  }

  @Test
  void pull_whenLivingProcessLoads_leavesItsPartAlone() throws IOException {
    Path blobs = Files.createDirectories(cache.resolve("models--org--model/blobs"));
    Path part = blobs.resolve(FakeHub.sha256(GRAPH) + ".12345678.incomplete");
    Files.write(part, Arrays.copyOf(GRAPH, 10));
    hub.pull(request("org/model"));
    assertEquals(10, Files.size(part));
    assertEquals(List.of("null"), server.ranges);
  }

  @Test
  void pull_whenContentSpoiled_throwsItAway() throws IOException {
    server.spoil = true;
    HubException e = assertThrows(HubException.class, () -> hub.pull(request("org/model")));
    assertTrue(e.getMessage().contains("org/model/onnx/model.onnx"), e.getMessage());
    assertTrue(e.getMessage().contains("promised was " + FakeHub.sha256(GRAPH)), e.getMessage());
    assertEquals(List.of(), incomplete());
    assertFalse(
        Files.exists(
            cache.resolve("models--org--model/snapshots/" + FakeHub.COMMIT + "/onnx/model.onnx")));
    server.spoil = false;
    hub.pull(request("org/model"));
  }

  @Test
  void pull_whenTooManyRequests_waitsAsLongAsTheServerSays() {
    server.tooMany = 2;
    hub.pull(request("org/model"));
    assertEquals(List.of(7000L, 7000L), waits);
    server.tooMany = 100;
    HubException e =
        assertThrows(HubException.class, () -> hub.file(HubName.parse("org/model@v1"), "x"));
    assertEquals(429, e.status());
    assertTrue(e.getMessage().contains("slow down"), e.getMessage());
  }

  @Test
  void pull_whenTokenNeeded_sendsItToTheEndpointOnly() {
    server.requiredToken = "hf_secret";
    HubException e = assertThrows(HubException.class, () -> hub.pull(request("org/model")));
    assertEquals(401, e.status());
    assertTrue(e.getMessage().contains("set HF_TOKEN"), e.getMessage());
    Hub signedIn = hub(FakeHub.withToken(server.config(cache), "hf_secret"));
    signedIn.pull(request("org/model"));
    assertEquals(List.of("null"), server.storageTokens);
    assertFalse(signedIn.config().toString().contains("hf_secret"));
  }

  @Test
  void pull_whenGatedMissingOrWrongRevision_saysWhatToDo() {
    server.gated = true;
    HubException gated = assertThrows(HubException.class, () -> hub.pull(request("org/model")));
    assertTrue(gated.getMessage().contains("ask for access"), gated.getMessage());
    server.gated = false;
    HubException missing = assertThrows(HubException.class, () -> hub.pull(request("org/none")));
    assertEquals(404, missing.status());
    assertTrue(missing.getMessage().contains("no such repository"), missing.getMessage());
    HubException revision =
        assertThrows(HubException.class, () -> hub.pull(request("org/model@v9")));
    assertTrue(revision.getMessage().contains("no such revision"), revision.getMessage());
  }

  @Test
  void pull_whenServerListsPathsOutside_refuses() {
    server.put("../evil.json", "{}");
    HubException e = assertThrows(HubException.class, () -> hub.pull(request("org/model")));
    assertTrue(e.getMessage().contains("'../evil.json'"), e.getMessage());
  }

  @Test
  void pull_whenManyAtOnce_eachGetsTheWhole() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(6);
    try {
      List<Callable<PullResult>> jobs = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        jobs.add(() -> new Hub(server.config(cache), waits::add).pull(request("org/model")));
      }
      for (Future<PullResult> job : pool.invokeAll(jobs)) {
        assertArrayEquals(GRAPH, Files.readAllBytes(job.get().folder().resolve("onnx/model.onnx")));
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals(List.of(), incomplete());
  }

  @Test
  void pull_whenCancelled_keepsWhatCameForTheNext() throws IOException {
    CancellationToken token = new CancellationToken();
    PullRequest request =
        PullRequest.builder("org/model")
            .cancellation(token)
            .progress(
                step -> {
                  if (step.file().endsWith("model.onnx") && step.done() > 100_000) {
                    token.cancel();
                  }
                })
            .build();
    assertThrows(CancelledException.class, () -> hub.pull(request));
    List<Path> parts = incomplete();
    assertEquals(1, parts.size());
    Files.setLastModifiedTime(parts.get(0), FileTime.from(Instant.now().minusSeconds(3600)));
    hub.pull(request("org/model"));
    assertTrue(server.ranges.get(1).startsWith("bytes="), server.ranges.toString());
  }

  @Test
  void pull_whenLocked_takesNothingElse(@TempDir Path project) {
    Path lock = project.resolve("sampo.lock");
    PullRequest pin = PullRequest.builder("org/model").lock(lock).build();
    HubException unknown =
        assertThrows(HubException.class, () -> hub.pull(pin.toBuilder().locked(true).build()));
    assertTrue(unknown.getMessage().contains("does not name org/model@main"), unknown.getMessage());
    hub.pull(pin);
    hub.pull(pin.toBuilder().locked(true).build());
    HubException other =
        assertThrows(
            HubException.class,
            () -> hub.pull(pin.toBuilder().locked(true).include(List.of("README.md")).build()));
    assertTrue(other.getMessage().contains("does not name README.md"), other.getMessage());
  }

  @Test
  void file_whenAbsent_remembers() {
    HubName name = HubName.parse("org/model@" + FakeHub.COMMIT);
    assertTrue(hub.file(name, "generation_config.json").isEmpty());
    server.requests.clear();
    assertTrue(hub.file(name, "generation_config.json").isEmpty());
    assertEquals(List.of(), server.requests);
    assertTrue(
        Files.exists(
            cache.resolve(
                "models--org--model/.no_exist/" + FakeHub.COMMIT + "/generation_config.json")));
    assertTrue(hub.file(name, "README.md").isPresent());
  }

  @Test
  void prune_removesWhatNobodyReaches() throws IOException {
    hub.pull(request("org/model"));
    Path folder = cache.resolve("models--org--model");
    Path orphan = folder.resolve("blobs").resolve("a".repeat(64));
    Files.writeString(orphan, "1234");
    Path old = folder.resolve("snapshots").resolve("f".repeat(40));
    Files.createDirectories(old);
    Files.createSymbolicLink(old.resolve("x"), Path.of("../../blobs/" + "a".repeat(64)));
    HubCache.Pruned pruned = hub.cache().prune();
    assertEquals(new HubCache.Pruned(1, 4), pruned);
    assertFalse(Files.exists(old));
    assertEquals(
        0,
        hub(server.config(cache).withOffline(true)).pull(request("org/model")).downloadedBytes());
    HubCache.Entry entry = hub.cache().list().get(0);
    assertEquals("org/model", entry.repository());
    assertEquals(java.util.Map.of("main", FakeHub.COMMIT), entry.revisions());
    assertEquals(
        entry.folder().resolve("snapshots").resolve(FakeHub.COMMIT), HubCache.snapshotOf(folder));
    assertTrue(hub.cache().remove(HubName.parse("org/model")) > 300_000);
    assertEquals(List.of(), hub.cache().list());
  }

  private List<Path> incomplete() throws IOException {
    try (Stream<Path> all = Files.list(cache.resolve("models--org--model/blobs"))) {
      return all.filter(p -> p.toString().endsWith(".incomplete")).toList();
    }
  }

  @Test
  void tree_whenWrittenByPython_isRead() throws IOException {
    Path file = cache.resolve("tree.json");
    Files.write(
        file,
        "{\"format_version\": 1, \"files\": {\"m.bin\": {\"size\": 5, \"blob_id\": \"b\", \"lfs_sha256\": \"s\", \"lfs_size\": 5}}}"
            .getBytes(StandardCharsets.UTF_8));
    assertEquals(List.of(new HubFile("m.bin", 5, "b", "s", null)), HubTree.read(file).files());
  }
}
