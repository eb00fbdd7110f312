package dev.sampo.runtime;

import dev.sampo.io.ScratchFiles;
import dev.sampo.io.UserCache;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where ONNX Runtime's native libraries are loaded from. Its Java classes unpack 24 MB into a temporary folder at every start and leave them
 * there when the process is killed; here they are unpacked once into the user's private cache ({@link UserCache}), their SHA-256 is compared
 * with the jar's before each load, links are not followed, and what differs is unpacked anew.
 *
 * <p>Nothing is done where a system property of ONNX Runtime ({@code onnxruntime.native.path} and the like) names the libraries, on Android,
 * and where there is no cache: then ONNX Runtime unpacks for itself.
 */
public final class NativeLibraries {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibraries.class);
  private static final String PATH = "onnxruntime.native.path";
  private static final String MAIN = "onnxruntime";

  /** What we have set {@link #PATH} to: a second class loader must not load the same files. */
  private static final String OURS = "sampo.natives.path";

  /** Names that ONNX Runtime 1.28 asks for. */
  private static final String[] NAMES = {
    MAIN,
    "onnxruntime4j_jni",
    "onnxruntime_providers_shared",
    "onnxruntime_providers_cuda",
    "onnxruntime_providers_tensorrt",
    "onnxruntime_providers_rocm",
    "onnxruntime_providers_dnnl",
    "onnxruntime_providers_openvino",
    "onnxruntime_providers_qnn",
    "webgpu_dawn",
    "dxil",
    "dxcompiler"
  };

  private static @Nullable URL replacement;
  private static @Nullable String replacementHash;
  private static boolean prepared;

  private NativeLibraries() {}

  /**
   * Takes another build of the main library, such as one with training, in place of the one in ONNX Runtime's jar.
   *
   * @param library a resource of the class path
   * @param sha256 what its bytes are known to hash to, in lower-case hex; null where that is not known: then the resource is hashed
   * @return false if ONNX Runtime is loaded already, or a system property names its libraries: nothing has changed then
   */
  public static synchronized boolean replaceMain(URL library, @Nullable String sha256) {
    if (prepared || isChosen()) {
      return false;
    }
    replacement = library;
    replacementHash = sha256;
    return true;
  }

  private static boolean isChosen() {
    String path = System.getProperty(PATH);
    return (path != null && !path.equals(System.getProperty(OURS)))
        || System.getProperty("onnxruntime.native.onnxruntime.path") != null
        || System.getProperty("onnxruntime.native.onnxruntime4j_jni.path") != null;
  }

  private static boolean isAndroid() {
    return System.getProperty("java.vm.vendor", "").contains("Android")
        || System.getProperty("java.vendor", "").contains("Android");
  }

  /** Called once, before ONNX Runtime is loaded. */
  static synchronized void prepare() {
    if (prepared) {
      return;
    }
    prepared = true;
    if (isAndroid() || isChosen()) {
      return;
    }
    Map<String, Source> sources = sources();
    if (!sources.containsKey(System.mapLibraryName(MAIN))) {
      return;
    }
    if (System.getProperty(PATH) != null) {
      prepareWithoutCache(sources);
      return;
    }
    try {
      use(unpacked(UserCache.folder("natives"), sources));
    } catch (IOException e) {
      LOG.debug("The natives of ONNX Runtime are not kept: {}", e.toString());
      if (replacement != null) {
        prepareWithoutCache(sources);
      }
    }
  }

  private static void use(Path folder) {
    System.setProperty(OURS, folder.toString());
    System.setProperty(PATH, folder.toString());
  }

  /**
   * Unpacks for this class loader alone: a JVM loads one file into one class loader only (an application server has several), and a library
   * that was replaced has to lie somewhere.
   */
  private static void prepareWithoutCache(Map<String, Source> sources) {
    try {
      Path folder = ScratchFiles.folder("natives");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> ScratchFiles.delete(folder)));
      use(unpacked(folder, sources));
    } catch (IOException e) {
      LOG.warn("The chosen build of ONNX Runtime cannot be unpacked: {}", e.toString());
    }
  }

  /** Called once ONNX Runtime is loaded: its temporary folder is empty and not needed any more. */
  static void loaded() {
    if (isAndroid() || System.getProperty(PATH) == null) {
      return;
    }
    try {
      Field field = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("tempDirectory");
      field.setAccessible(true);
      if (field.get(null) instanceof Path folder) {
        Files.deleteIfExists(folder);
      }
    } catch (ReflectiveOperationException | IOException | RuntimeException e) {
      // Another version of ONNX Runtime, or something lies in it: it goes when the process ends.
      LOG.debug("The temporary folder of ONNX Runtime stays: {}", e.toString());
    }
  }

  // ---- what is to be loaded

  /** A library in a jar. */
  private record Source(URL url, String sha256) {}

  private static Map<String, Source> sources() {
    Map<String, String> known = knownHashes();
    Map<String, Source> sources = new LinkedHashMap<>();
    for (String name : NAMES) {
      String file = System.mapLibraryName(name);
      String path = "/ai/onnxruntime/native/" + platform() + "/" + file;
      URL url = ai.onnxruntime.OrtEnvironment.class.getResource(path);
      String hash = null;
      if (name.equals(MAIN) && replacement != null) {
        url = replacement;
        hash = replacementHash;
      } else if (url != null) {
        hash = known.get(size(url) + " " + path);
      }
      if (url != null) {
        sources.put(file, new Source(url, hash == null ? hash(url) : hash));
      }
    }
    return sources;
  }

  /** As ONNX Runtime names its folders. */
  private static String platform() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ENGLISH);
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ENGLISH);
    String system =
        os.contains("mac") || os.contains("darwin") ? "osx" : os.contains("win") ? "win" : "linux";
    boolean x64 = arch.startsWith("amd64") || arch.startsWith("x86_64");
    return system + "-" + (x64 ? "x64" : arch.startsWith("arm64") ? "aarch64" : arch);
  }

  /** {@code natives.sha256}: hash, size and path of the libraries of the versions that Sampo is built with. */
  private static Map<String, String> knownHashes() {
    Map<String, String> known = new HashMap<>();
    try (InputStream in =
        NativeLibraries.class.getResourceAsStream("/dev/sampo/runtime/natives.sha256")) {
      if (in != null) {
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          int space = line.indexOf(' ');
          if (space > 0 && !line.startsWith("#")) {
            known.put(line.substring(space + 1), line.substring(0, space));
          }
        }
      }
    } catch (IOException e) {
      LOG.debug("The table of hashes cannot be read: {}", e.toString());
    }
    return known;
  }

  private static long size(URL url) {
    try {
      URLConnection connection = url.openConnection();
      connection.setUseCaches(false);
      try (InputStream in = connection.getInputStream()) {
        return in == null ? -1 : connection.getContentLengthLong();
      }
    } catch (IOException e) {
      return -1;
    }
  }

  private static @Nullable String hash(URL url) {
    try (InputStream in = open(url)) {
      return hash(in);
    } catch (IOException e) {
      throw new IllegalStateException("The library " + url + " cannot be read: " + e, e);
    }
  }

  private static InputStream open(URL url) throws IOException {
    URLConnection connection = url.openConnection();
    connection.setUseCaches(false);
    return connection.getInputStream();
  }

  // ---- unpacking

  private static Path unpacked(Path parent, Map<String, Source> sources) throws IOException {
    MessageDigest all = sha256();
    sources.forEach(
        (name, source) ->
            all.update((name + " " + source.sha256() + "\n").getBytes(StandardCharsets.UTF_8)));
    Path folder = parent.resolve("onnxruntime-" + hex(all.digest()).substring(0, 24));
    ScratchFiles.sweep(parent);
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(folder);
    }
    ScratchFiles.sweep(folder);
    for (Entry<String, Source> entry : sources.entrySet()) {
      Path file = folder.resolve(entry.getKey());
      if (!isWhole(file, entry.getValue().sha256())) {
        unpack(entry.getValue(), file);
      }
    }
    return folder;
  }

  /** Whether the file is there, no link, and what the jar holds. */
  private static boolean isWhole(Path file, String sha256) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (InputStream in =
        Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      if (hash(in).equals(sha256)) {
        return true;
      }
    }
    LOG.warn("{} is not what the jar of ONNX Runtime holds; it is unpacked anew", file);
    return false;
  }

  private static void unpack(Source source, Path file) throws IOException {
    Path part = ScratchFiles.beside(file);
    try {
      MessageDigest digest = sha256();
      try (InputStream in = new DigestInputStream(open(source.url()), digest);
          OutputStream out = Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)) {
        byte[] block = new byte[1 << 16];
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
          out.write(block, 0, n);
        }
      }
      if (!hex(digest.digest()).equals(source.sha256())) {
        throw new IOException("the library " + source.url() + " has another SHA-256 than known");
      }
      if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        ScratchFiles.delete(file);
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String hash(InputStream in) throws IOException {
    MessageDigest digest = sha256();
    byte[] block = new byte[1 << 17];
    for (int n = in.read(block); n >= 0; n = in.read(block)) {
      digest.update(block, 0, n);
    }
    return hex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return text.toString();
  }
}
