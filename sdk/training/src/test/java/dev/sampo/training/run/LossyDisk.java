package dev.sampo.training.run;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A disk in memory that loses power: {@link #failAfter} ends the work at one of its operations, and {@link #crash} leaves what a disk may
 * leave. The bytes of a file are those of its last sync, or any shorter part of what was written since; of a folder's changes since its last
 * sync each may be there or not.
 */
final class LossyDisk extends FileSystem {

  /** The power went. An error, so that nothing that handles exceptions goes on. */
  static final class PowerLoss extends Error {
    private static final long serialVersionUID = 1;
  }

  /** A file or a folder, whatever it is called. */
  private static final class Node {
    final boolean folder;
    byte[] bytes = new byte[0];
    byte[] synced = new byte[0];
    final Map<String, Node> children = new TreeMap<>();
    Map<String, Node> syncedChildren = new TreeMap<>();

    /** Since the last sync, in order: names with what they stand for, null if they are gone. A move is one change. */
    final List<Map<String, Node>> changes = new ArrayList<>();

    Node(boolean folder) {
      this.folder = folder;
    }

    void put(String name, Node child) {
      change(Collections.singletonMap(name, child));
    }

    void remove(String name) {
      change(Collections.singletonMap(name, null));
    }

    void move(String from, String to) {
      Map<String, Node> both = new TreeMap<>();
      both.put(to, children.get(from));
      both.put(from, null);
      change(both);
    }

    private void change(Map<String, Node> change) {
      changes.add(change);
      apply(change);
    }

    private void apply(Map<String, Node> change) {
      change.forEach(
          (name, child) -> {
            if (child == null) {
              children.remove(name);
            } else {
              children.put(name, child);
            }
          });
    }

    void sync() {
      synced = bytes.clone();
      syncedChildren = new TreeMap<>(children);
      changes.clear();
    }

    void crash(Random random) {
      boolean longer = bytes.length > synced.length;
      bytes =
          Arrays.equals(bytes, synced) || random.nextBoolean()
              ? synced.clone()
              : Arrays.copyOf(bytes, longer ? random.nextInt(bytes.length + 1) : 0);
      children.clear();
      children.putAll(syncedChildren);
      for (Map<String, Node> change : changes) {
        if (random.nextBoolean()) {
          apply(change);
        }
      }
      children.values().forEach(child -> child.crash(random));
      sync();
    }
  }

  private final Provider provider = new Provider();
  private final Node root = new Node(true);
  private long operations;
  private long limit = Long.MAX_VALUE;
  int syncs;

  Path path(String absolute) {
    return new Name(absolute);
  }

  long operations() {
    return operations;
  }

  void failAfter(long count) {
    operations = 0;
    limit = count;
  }

  void crash(Random random) {
    limit = Long.MAX_VALUE;
    root.crash(random);
  }

  private void operate() {
    if (operations >= limit) {
      throw new PowerLoss();
    }
    operations++;
  }

  private Node find(Path path) throws IOException {
    Node node = root;
    for (String part : ((Name) path).parts()) {
      node = node.folder ? node.children.get(part) : null;
      if (node == null) {
        throw new NoSuchFileException(path.toString());
      }
    }
    return node;
  }

  private Node parent(Path path) throws IOException {
    Path parent = path.getParent();
    return parent == null ? root : find(parent);
  }

  private static String last(Path path) {
    return String.valueOf(path.getFileName());
  }

  private final class Provider extends FileSystemProvider {
    @Override
    public String getScheme() {
      return "lossy";
    }

    @Override
    public FileChannel newFileChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      boolean write =
          options.contains(StandardOpenOption.WRITE) || options.contains(StandardOpenOption.APPEND);
      Node node;
      try {
        node = find(path);
        if (options.contains(StandardOpenOption.CREATE_NEW)) {
          throw new FileAlreadyExistsException(path.toString());
        }
      } catch (NoSuchFileException e) {
        if (!options.contains(StandardOpenOption.CREATE)
            && !options.contains(StandardOpenOption.CREATE_NEW)) {
          throw e;
        }
        operate();
        node = new Node(false);
        parent(path).put(last(path), node);
      }
      if (write && options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
        operate();
        node.bytes = new byte[0];
      }
      Channel channel = new Channel(node);
      if (options.contains(StandardOpenOption.APPEND)) {
        channel.at = node.bytes.length;
      }
      return channel;
    }

    @Override
    public SeekableByteChannel newByteChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      return newFileChannel(path, options, attributes);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(
        Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
      List<Path> found = new ArrayList<>();
      for (String name : find(folder).children.keySet()) {
        Path path = folder.resolve(name);
        if (filter.accept(path)) {
          found.add(path);
        }
      }
      return new DirectoryStream<>() {
        @Override
        public Iterator<Path> iterator() {
          return found.iterator();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
      Node parent = parent(path);
      if (parent.children.containsKey(last(path))) {
        throw new FileAlreadyExistsException(path.toString());
      }
      operate();
      parent.put(last(path), new Node(true));
    }

    @Override
    public void delete(Path path) throws IOException {
      if (!find(path).children.isEmpty()) {
        throw new DirectoryNotEmptyException(path.toString());
      }
      operate();
      parent(path).remove(last(path));
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
      Node node = find(source);
      Node old = parent(target).children.get(last(target));
      boolean replaces =
          !node.folder && Arrays.asList(options).contains(StandardCopyOption.REPLACE_EXISTING);
      if (old != null && !replaces) {
        throw new FileAlreadyExistsException(target.toString());
      }
      operate();
      if (parent(source) != parent(target)) {
        throw new UnsupportedOperationException();
      }
      parent(source).move(last(source), last(target));
    }

    @Override
    public boolean isSameFile(Path a, Path b) throws IOException {
      return find(a) == find(b);
    }

    @Override
    public boolean isHidden(Path path) {
      return false;
    }

    @Override
    public FileStore getFileStore(Path path) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
      find(path);
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(
        Path path, Class<V> type, LinkOption... options) {
      return null;
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(
        Path path, Class<A> type, LinkOption... options) throws IOException {
      return type.cast(new Attributes(find(path)));
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
        throws IOException {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setAttribute(Path path, String name, Object value, LinkOption... options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> env) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
      return LossyDisk.this;
    }

    @Override
    public Path getPath(URI uri) {
      return path(uri.getPath());
    }
  }

  private record Attributes(Node node) implements BasicFileAttributes {
    @Override
    public FileTime lastModifiedTime() {
      return FileTime.fromMillis(0);
    }

    @Override
    public FileTime lastAccessTime() {
      return FileTime.fromMillis(0);
    }

    @Override
    public FileTime creationTime() {
      return FileTime.fromMillis(0);
    }

    @Override
    public boolean isRegularFile() {
      return !node.folder;
    }

    @Override
    public boolean isDirectory() {
      return node.folder;
    }

    @Override
    public boolean isSymbolicLink() {
      return false;
    }

    @Override
    public boolean isOther() {
      return false;
    }

    @Override
    public long size() {
      return node.bytes.length;
    }

    @Override
    public Object fileKey() {
      return node;
    }
  }

  private final class Channel extends FileChannel {
    private final Node node;
    private int at;

    Channel(Node node) {
      this.node = node;
    }

    @Override
    public int read(ByteBuffer to) {
      int n = read(to, at);
      at += Math.max(0, n);
      return n;
    }

    @Override
    public int read(ByteBuffer to, long position) {
      if (position >= node.bytes.length) {
        return -1;
      }
      int n = Math.min(to.remaining(), node.bytes.length - (int) position);
      to.put(node.bytes, (int) position, n);
      return n;
    }

    @Override
    public int write(ByteBuffer from) {
      int n = write(from, at);
      at += n;
      return n;
    }

    @Override
    public int write(ByteBuffer from, long position) {
      operate();
      int n = from.remaining();
      node.bytes = Arrays.copyOf(node.bytes, Math.max(node.bytes.length, (int) position + n));
      from.get(node.bytes, (int) position, n);
      return n;
    }

    @Override
    public void force(boolean metaData) {
      operate();
      syncs++;
      node.sync();
    }

    @Override
    public long position() {
      return at;
    }

    @Override
    public FileChannel position(long position) {
      at = (int) position;
      return this;
    }

    @Override
    public long size() {
      return node.bytes.length;
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      return new FileLock(this, position, size, shared) {
        @Override
        public boolean isValid() {
          return true;
        }

        @Override
        public void release() {}
      };
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
      return tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() {}

    @Override
    public long read(ByteBuffer[] to, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
      throw new UnsupportedOperationException();
    }
  }

  // ---- paths: absolute ones, and names of one part

  private final class Name implements Path {
    private final String text;

    Name(String text) {
      this.text =
          text.length() > 1 && text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }

    List<String> parts() {
      return Arrays.stream(text.split("/", -1))
          .filter(p -> !p.isEmpty())
          .collect(Collectors.toList());
    }

    @Override
    public FileSystem getFileSystem() {
      return LossyDisk.this;
    }

    @Override
    public boolean isAbsolute() {
      return text.startsWith("/");
    }

    @Override
    public Path getRoot() {
      return isAbsolute() ? new Name("/") : null;
    }

    @Override
    public Path getFileName() {
      List<String> parts = parts();
      return parts.isEmpty() ? null : new Name(parts.get(parts.size() - 1));
    }

    @Override
    public Path getParent() {
      int slash = text.lastIndexOf('/');
      return slash < 0 || text.equals("/")
          ? null
          : new Name(slash == 0 ? "/" : text.substring(0, slash));
    }

    @Override
    public int getNameCount() {
      return parts().size();
    }

    @Override
    public Path getName(int index) {
      return new Name(parts().get(index));
    }

    @Override
    public Path subpath(int from, int to) {
      return new Name(String.join("/", parts().subList(from, to)));
    }

    @Override
    public boolean startsWith(Path other) {
      return text.startsWith(other.toString());
    }

    @Override
    public boolean endsWith(Path other) {
      return text.endsWith(other.toString());
    }

    @Override
    public Path normalize() {
      return this;
    }

    @Override
    public Path resolve(Path other) {
      return other.isAbsolute()
          ? other
          : new Name(text.equals("/") ? "/" + other : text + "/" + other);
    }

    @Override
    public Path relativize(Path other) {
      return new Name(other.toString().substring(text.length() + 1));
    }

    @Override
    public URI toUri() {
      return URI.create("lossy:" + text);
    }

    @Override
    public Path toAbsolutePath() {
      return this;
    }

    @Override
    public Path toRealPath(LinkOption... options) {
      return this;
    }

    @Override
    public java.nio.file.WatchKey register(
        WatchService watcher,
        java.nio.file.WatchEvent.Kind<?>[] events,
        java.nio.file.WatchEvent.Modifier... modifiers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int compareTo(Path other) {
      return text.compareTo(other.toString());
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Name name && name.text.equals(text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }

    @Override
    public String toString() {
      return text;
    }
  }

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {}

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return false;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(path("/"));
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  @Override
  public Path getPath(String first, String... more) {
    return new Name(more.length == 0 ? first : first + "/" + String.join("/", more));
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    String glob = syntaxAndPattern.substring("glob:".length());
    String regex = glob.replace(".", "\\.").replace("*", ".*");
    return path -> path.toString().matches(regex);
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException();
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException();
  }
}
