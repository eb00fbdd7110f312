package dev.sampo.hub;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The cache of huggingface_hub (1.33): a folder {@code models--org--name} a repository, in it {@code blobs/HASH}, {@code refs/REVISION} (a
 * commit), {@code snapshots/COMMIT/...} (links to blobs), {@code .no_exist/COMMIT/FILE} (known not to be there) and {@code
 * trees/COMMIT.json} (the list of files).
 */
public final class HubCache {
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final Path root;

  /** The cache in a folder, which need not exist yet. */
  public HubCache(Path root) {
    this.root = root;
  }

  /**
   * A repository in the cache.
   *
   * @param repository {@code org/name}
   * @param folder its folder
   * @param revisions branches and tags with the commits that they stand for
   * @param commits commits of which there is a snapshot
   * @param sizeBytes of its blobs
   * @param lastUsed when one of its blobs was last written
   */
  public record Entry(
      String repository,
      Path folder,
      java.util.Map<String, String> revisions,
      List<String> commits,
      long sizeBytes,
      Instant lastUsed) {}

  /** What pruning freed. */
  public record Pruned(int files, long sizeBytes) {}

  Path folder(HubName name) {
    return root.resolve(name.folderName());
  }

  /** Makes the folder of a repository, and marks the cache for backup programs to leave out, as Python does. */
  Path prepare(HubName name) throws IOException {
    Path folder = Files.createDirectories(folder(name));
    Path tag = root.resolve("CACHEDIR.TAG");
    if (!Files.exists(tag)) {
      // The signature is that of the Cache Directory Tagging Specification.
      AtomicWrite.bytes(
          tag,
          "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of models; backups may leave it out.\n"
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return folder;
  }

  /** The commit that a revision stood for when it was last asked about, or null. */
  @Nullable String commit(HubName name) {
    if (name.isCommit()) {
      return name.revision();
    }
    return ref(folder(name).resolve("refs").resolve(name.revision()));
  }

  private static @Nullable String ref(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > 1000) {
        return null;
      }
      String text = Files.readString(file).trim();
      return text.matches("[0-9a-f]{40}") ? text : null;
    } catch (IOException e) {
      return null;
    }
  }

  void putCommit(HubName name, String commit) throws IOException {
    if (!name.isCommit() && !commit.equals(commit(name))) {
      AtomicWrite.bytes(
          folder(name).resolve("refs").resolve(name.revision()),
          commit.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
  }

  /**
   * The snapshot that a folder of the cache means: {@code models--org--name} given as a model is its {@code refs/main}, or the only snapshot
   * that there is.
   *
   * @return null if it is no such folder
   */
  public static @Nullable Path snapshotOf(Path folder) {
    Path fileName = folder.toAbsolutePath().normalize().getFileName();
    Path snapshots = folder.resolve("snapshots");
    if (fileName == null
        || !fileName.toString().startsWith("models--")
        || !Files.isDirectory(snapshots)) {
      return null;
    }
    String main = ref(folder.resolve("refs").resolve("main"));
    if (main != null && Files.isDirectory(snapshots.resolve(main))) {
      return snapshots.resolve(main);
    }
    List<Path> all = folders(snapshots);
    if (all.size() == 1) {
      return all.get(0);
    }
    throw new HubException(
        folder
            + " holds "
            + all.size()
            + " snapshots and no refs/main that is among them. Give one of "
            + snapshots
            + ".");
  }

  private static List<Path> folders(Path parent) {
    List<Path> all = new ArrayList<>();
    if (Files.isDirectory(parent)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent)) {
        for (Path entry : entries) {
          if (Files.isDirectory(entry)) {
            all.add(entry);
          }
        }
      } catch (IOException e) {
        throw new HubException(0, parent + " cannot be read: " + e.getMessage() + ".", e);
      }
    }
    all.sort(null);
    return all;
  }

  /** The models in the cache, by name. */
  public List<Entry> list() {
    List<Entry> entries = new ArrayList<>();
    for (Path folder : folders(root)) {
      String name = folder.getFileName().toString();
      if (name.startsWith("models--")) {
        entries.add(entry(name.substring("models--".length()).replace("--", "/"), folder));
      }
    }
    return entries;
  }

  private static Entry entry(String repository, Path folder) {
    java.util.Map<String, String> revisions = new TreeMap<>();
    Path refs = folder.resolve("refs");
    for (Path ref : regularFiles(refs)) {
      String commit = ref(ref);
      if (commit != null) {
        revisions.put(refs.relativize(ref).toString().replace('\\', '/'), commit);
      }
    }
    List<String> commits = new ArrayList<>();
    folders(folder.resolve("snapshots")).forEach(p -> commits.add(p.getFileName().toString()));
    long bytes = 0;
    Instant last = Instant.EPOCH;
    for (Path blob : regularFiles(folder.resolve("blobs"))) {
      try {
        bytes += Files.size(blob);
        FileTime time = Files.getLastModifiedTime(blob);
        last = time.toInstant().isAfter(last) ? time.toInstant() : last;
      } catch (IOException e) {
        // Removed meanwhile by another process: it counts no more.
        continue;
      }
    }
    return new Entry(repository, folder, revisions, commits, bytes, last);
  }

  private static List<Path> regularFiles(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new HubException(0, folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Removes what nobody can reach: snapshots that no revision stands for (unless they are all that there is of a repository), blobs that no
   * snapshot links to, and downloads that broke off more than an hour ago.
   */
  public Pruned prune() {
    int files = 0;
    long bytes = 0;
    for (Entry entry : list()) {
      Set<String> kept = new HashSet<>(entry.revisions().values());
      boolean some = entry.commits().stream().anyMatch(kept::contains);
      for (String commit : entry.commits()) {
        if (some && !kept.contains(commit)) {
          removeTree(entry.folder().resolve("snapshots").resolve(commit));
          removeTree(entry.folder().resolve(".no_exist").resolve(commit));
          remove(entry.folder().resolve("trees").resolve(commit + ".json"));
        }
      }
      Set<Path> linked = linked(entry.folder().resolve("snapshots"));
      boolean links = !linked.isEmpty();
      for (Path blob : regularFiles(entry.folder().resolve("blobs"))) {
        if (abandoned(blob) || links && !partial(blob) && !linked.contains(blob.normalize())) {
          bytes += size(blob);
          files += remove(blob) ? 1 : 0;
        }
      }
    }
    return new Pruned(files, bytes);
  }

  private static boolean partial(Path blob) {
    return blob.getFileName().toString().endsWith(".incomplete");
  }

  private static boolean abandoned(Path blob) {
    try {
      return partial(blob)
          && Files.getLastModifiedTime(blob).toInstant().isBefore(Instant.now().minus(ABANDONED));
    } catch (IOException e) {
      return false;
    }
  }

  private static Set<Path> linked(Path snapshots) {
    Set<Path> linked = new HashSet<>();
    if (!Files.isDirectory(snapshots)) {
      return linked;
    }
    try (Stream<Path> all = Files.walk(snapshots)) {
      for (Path path : (Iterable<Path>) all.filter(Files::isSymbolicLink)::iterator) {
        linked.add(path.getParent().resolve(Files.readSymbolicLink(path)).normalize());
      }
    } catch (IOException e) {
      throw new HubException(0, snapshots + " cannot be read: " + e.getMessage() + ".", e);
    }
    return linked;
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }

  private static boolean remove(Path file) {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new HubException(0, file + " cannot be removed: " + e.getMessage() + ".", e);
    }
  }

  private static void removeTree(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(java.util.Comparator.reverseOrder()).forEach(HubCache::remove);
    } catch (IOException e) {
      throw new HubException(0, folder + " cannot be removed: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Removes a repository with all that is in it.
   *
   * @return bytes freed
   */
  public long remove(HubName name) {
    Path folder = folder(name);
    if (!Files.isDirectory(folder)) {
      throw new HubException(name.repository() + " is not in the cache " + root + ".");
    }
    long bytes = entry(name.repository(), folder).sizeBytes();
    removeTree(folder);
    return bytes;
  }
}
