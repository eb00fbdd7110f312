package dev.sampo.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.model.ModelFolder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models by name from the Hugging Face Hub.
 *
 * <pre>{@code
 * try (Model model = Sampo.open(Hub.model("onnx-community/Qwen3-0.6B-ONNX:q4"))) { ... }
 * }</pre>
 *
 * <p>Files come into the cache that Python's huggingface_hub uses, are checked against the hash that the Hub promises, and are fetched once:
 * what either side has downloaded the other reads without a request. Safe for any number of threads and processes at once.
 */
public final class Hub {
  private static final Logger LOG = LoggerFactory.getLogger(Hub.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int MAX_INFO_BYTES = 32 << 20;
  private static final int MAX_PAGES = 1000;

  private final HubConfig config;
  private final HubHttp http;
  private final HubCache cache;

  /** A hub with a configuration of its own. */
  public Hub(HubConfig config) {
    this(config, Thread::sleep);
  }

  Hub(HubConfig config, HubHttp.Sleeper sleeper) {
    this.config = config;
    this.http = new HubHttp(config, sleeper);
    this.cache = new HubCache(config.cache());
  }

  /** The hub that the environment names, as for Python. */
  public static Hub fromEnvironment() {
    return new Hub(HubConfig.fromEnvironment());
  }

  /**
   * The folder of a model, fetched if it is not there: {@code Sampo.open(Hub.model("org/name"))}.
   *
   * @param name {@code org/name[@revision][:variant]}; a variant chooses which graphs are fetched. Where a folder then holds several, open it
   *     with {@link #folder}
   * @throws HubException if the Hub cannot give it; the message says what to do
   */
  public static ModelFolder model(String name) {
    return fromEnvironment().folder(name);
  }

  /** A model as an opened folder with the name's variant; see {@link #model}. */
  public ModelFolder folder(String name) {
    HubName parsed = HubName.parse(name);
    Path folder = pull(PullRequest.builder(parsed).build()).folder();
    return ModelFolder.open(folder, parsed.variant());
  }

  /** How this was configured. */
  public HubConfig config() {
    return config;
  }

  /** The cache. */
  public HubCache cache() {
    return cache;
  }

  /**
   * Fetches a model.
   *
   * @throws HubException if the Hub cannot give it, or gave something else than it promised
   * @throws dev.sampo.error.CancelledException if the request was cancelled
   */
  public PullResult pull(PullRequest request) {
    HubName name = request.name();
    HubLock lock = request.lock() == null ? null : HubLock.read(request.lock());
    String commit = request.locked() && lock != null ? lock.commit(name) : resolve(name);
    HubTree tree = tree(name, commit);
    if (tree == null) {
      return unlisted(request, commit);
    }
    List<HubFile> files =
        request.include().isEmpty()
            ? new FileChoice(name.repository(), tree.files(), name.variant()).choose()
            : FileChoice.matching(name.repository(), tree.files(), request.include());
    if (request.locked() && lock != null) {
      lock.check(name, files);
    }
    long bytes = fetch(request, commit, files);
    if (lock != null && !request.locked()) {
      lock.put(name, commit, files);
    }
    return new PullResult(snapshot(name, commit), commit, files, bytes);
  }

  private Path snapshot(HubName name, String commit) {
    return cache.folder(name).resolve("snapshots").resolve(commit);
  }

  /** The commit of a revision: from the server; from the cache where that is offline or cannot be reached. */
  private String resolve(HubName name) {
    String cached = cache.commit(name);
    if (name.isCommit()) {
      return name.revision();
    }
    if (config.offline()) {
      if (cached == null) {
        throw new HubException(
            name
                + " is not in the cache "
                + config.cache()
                + ", and HF_HUB_OFFLINE forbids asking for it. Unset it, or pull it where there is"
                + " a network.");
      }
      return cached;
    }
    URI uri =
        http.address("/api/models/" + name.repository() + "/revision/" + name.revision(), null);
    try {
      JsonNode info = MAPPER.readTree(http.bytes(uri, name.toString(), MAX_INFO_BYTES));
      String commit = info.path("sha").asText();
      if (!commit.matches("[0-9a-f]{40}")) {
        throw new HubException(name + ": the server names no commit.");
      }
      cache.prepare(name);
      cache.putCommit(name, commit);
      return commit;
    } catch (HubException e) {
      if (cached != null && unreachable(e)) {
        LOG.warn("{}: taken from the cache, as of its last use: {}", name, e.getMessage());
        return cached;
      }
      throw e;
    } catch (IOException e) {
      throw broken(name, e);
    }
  }

  private static boolean unreachable(HubException e) {
    return e.status() == 0 && e.getCause() instanceof IOException || e.status() >= 500;
  }

  private HubException broken(HubName name, IOException e) {
    return new HubException(
        0,
        name
            + " could not be stored in "
            + config.cache()
            + ": "
            + e
            + ". Check the disk and its rights.",
        e);
  }

  /** The files at a commit, from the cache or the server; null where neither has them. */
  private @Nullable HubTree tree(HubName name, String commit) {
    Path kept = cache.folder(name).resolve("trees").resolve(commit + ".json");
    HubTree tree = HubTree.read(kept);
    if (tree != null || config.offline()) {
      return tree;
    }
    List<HubFile> files = new ArrayList<>();
    URI uri =
        http.address("/api/models/" + name.repository() + "/tree/" + commit, "recursive=true");
    try {
      for (int page = 0; uri != null; page++) {
        if (page == MAX_PAGES) {
          throw new HubException(name + ": the list of files does not end.");
        }
        HubHttp.Page answer = http.page(uri, name + " (list of files)", MAX_INFO_BYTES);
        files.addAll(HubTree.page(name.toString(), answer.content()));
        uri = answer.next();
      }
    } catch (HubException e) {
      if (unreachable(e) && Files.isDirectory(snapshot(name, commit))) {
        return null;
      }
      throw e;
    }
    tree = new HubTree(files);
    tree.write(kept);
    return tree;
  }

  /** Offline, with a snapshot whose list of files nobody kept: what is there has to do. */
  private PullResult unlisted(PullRequest request, String commit) {
    Path snapshot = snapshot(request.name(), commit);
    if (!Files.isDirectory(snapshot)) {
      throw new HubException(
          request.name()
              + " is not in the cache "
              + config.cache()
              + " at commit "
              + commit
              + ". Pull it where there is a network.");
    }
    if (request.locked()) {
      throw new HubException(
          request.name()
              + ": the cache has no list of its files, so the lock cannot be checked offline. Pull"
              + " it once with a network.");
    }
    return new PullResult(snapshot, commit, List.of(), 0);
  }

  private long fetch(PullRequest request, String commit, List<HubFile> files) {
    long total = files.stream().mapToLong(HubFile::sizeBytes).sum();
    List<HubFile> missing = new ArrayList<>();
    AtomicLong done = new AtomicLong();
    for (HubFile file : files) {
      if (present(request.name(), commit, file)) {
        done.addAndGet(file.sizeBytes());
      } else {
        missing.add(file);
      }
    }
    if (missing.isEmpty()) {
      return 0;
    }
    if (config.offline()) {
      throw new HubException(
          request.name()
              + " lacks "
              + missing.size()
              + " of "
              + files.size()
              + " files in the cache ("
              + missing.get(0).path()
              + "), and HF_HUB_OFFLINE forbids asking for them.");
    }
    long had = done.get();
    ExecutorService pool =
        Executors.newFixedThreadPool(Math.min(config.parallel(), missing.size()), Hub::thread);
    List<Future<?>> jobs = new ArrayList<>();
    try {
      for (HubFile file : missing) {
        jobs.add(pool.submit(() -> fetch(request, commit, file, done, total)));
      }
      for (Future<?> job : jobs) {
        job.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("a download failed in an unforeseen way", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(0, "Interrupted while fetching " + request.name() + ".", e);
    } finally {
      // The others end at their next piece; what they have stays to go on from.
      pool.shutdownNow();
    }
    return done.get() - had;
  }

  private static Thread thread(Runnable job) {
    Thread thread = new Thread(job, "sampo-hub");
    thread.setDaemon(true);
    return thread;
  }

  private boolean present(HubName name, String commit, HubFile file) {
    Path path = snapshot(name, commit).resolve(file.path());
    try {
      return Files.isRegularFile(path) && Files.size(path) == file.sizeBytes();
    } catch (IOException e) {
      return false;
    }
  }

  private void fetch(
      PullRequest request, String commit, HubFile file, AtomicLong done, long total) {
    HubName name = request.name();
    String what = name.repository() + "/" + file.path();
    try {
      Path folder = cache.prepare(name);
      Path blobs = folder.resolve("blobs");
      Download download = new Download(http, file, blobs, what, request.cancellation());
      URI uri =
          http.address("/" + name.repository() + "/resolve/" + commit + "/" + file.path(), null);
      Path blob =
          download.run(
              uri,
              config.retries(),
              bytes -> tell(request, new PullStep(done.addAndGet(bytes), total, file.path())));
      AtomicWrite.link(snapshot(name, commit).resolve(file.path()), blob);
    } catch (IOException e) {
      throw new HubException(
          0,
          what
              + " could not be fetched into "
              + config.cache()
              + ": "
              + e
              + ". Check the network and the disk; a new pull goes on from what is there.",
          e);
    }
  }

  /** Files come side by side; who listens is told by one at a time. */
  private static void tell(PullRequest request, PullStep step) {
    synchronized (request) {
      request.progress().onStep(step);
    }
  }

  /**
   * One file of a repository.
   *
   * @return its place in the cache; empty where the repository has no such file, which is remembered
   */
  public Optional<Path> file(HubName name, String path) {
    String commit = resolve(name);
    Path there = snapshot(name, commit).resolve(path);
    Path absent = cache.folder(name).resolve(".no_exist").resolve(commit).resolve(path);
    if (Files.isRegularFile(there)) {
      return Optional.of(there);
    }
    HubTree tree = Files.exists(absent) ? null : tree(name, commit);
    if (tree == null) {
      return Optional.empty();
    }
    for (HubFile file : tree.files()) {
      if (file.path().equals(path)) {
        fetch(PullRequest.builder(name).build(), commit, List.of(file));
        return Optional.of(there);
      }
    }
    try {
      // The path was asked for by our caller, but it has to stay within the folder all the same.
      new HubFile(path, 0, "", null, null);
      Files.createDirectories(absent.getParent());
      AtomicWrite.bytes(absent, new byte[0]);
    } catch (IOException e) {
      LOG.warn("{} cannot be remembered as missing: {}", path, e.toString());
    }
    return Optional.empty();
  }
}
