package dev.sampo.android;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import android.content.res.AssetManager;
import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public class AssetFoldersTest {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  /** Files in memory; opening {@code breaks} fails after its first bytes. */
  private static final class Memory implements AssetFolders.Source {
    final Map<String, byte[]> files = new TreeMap<>();
    String breaks = "";
    Runnable atBreak = () -> {};
    int opened;

    Memory with(String path, String content) {
      files.put(path, content.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    @Override
    public String[] list(String path) {
      TreeSet<String> names = new TreeSet<>();
      for (String file : files.keySet()) {
        if (file.startsWith(path + "/")) {
          names.add(file.substring(path.length() + 1).split("/")[0]);
        }
      }
      return names.toArray(new String[0]);
    }

    @Override
    public InputStream open(String path) {
      opened++;
      if (!path.equals(breaks)) {
        return new ByteArrayInputStream(files.get(path));
      }
      return new InputStream() {
        private int left = 2;

        @Override
        public int read() throws IOException {
          if (left-- > 0) {
            return 'x';
          }
          atBreak.run();
          throw new IOException("the disk is gone");
        }
      };
    }
  }

  private static Memory model() {
    return new Memory()
        .with("models/m/sampo.json", "{}")
        .with("models/m/unet/model.onnx", "weights")
        .with("models/m/z.onnx", "more")
        .with("models/other/a", "b");
  }

  private Path root() {
    return temporary.getRoot().toPath();
  }

  private static Path install(Memory assets, Path target, String version, CancellationToken token)
      throws IOException {
    return AssetFolders.install(assets, "models/m", target, version, token);
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private String[] left() throws IOException {
    try (Stream<Path> files = Files.list(root())) {
      return files.map(f -> f.getFileName().toString()).sorted().toArray(String[]::new);
    }
  }

  @Test
  public void install_then_folder_with_its_subfolders() throws IOException {
    Path folder = install(model(), root().resolve("m"), "1", new CancellationToken());
    assertEquals("{}", text(folder.resolve("sampo.json")));
    assertEquals("weights", text(folder.resolve("unet/model.onnx")));
    assertFalse(Files.exists(folder.resolve("a")));
    assertTrue(AssetFolders.isInstalled(folder, "1"));
    assertArrayEquals(new String[] {"m"}, left());
  }

  @Test
  public void install_twice_then_copied_once() throws IOException {
    Memory assets = model();
    install(assets, root().resolve("m"), "1", new CancellationToken());
    int opened = assets.opened;
    install(assets, root().resolve("m"), "1", new CancellationToken());
    assertEquals(3, opened);
    assertEquals(opened, assets.opened);
  }

  @Test
  public void install_of_another_version_then_replaced_whole() throws IOException {
    install(model(), root().resolve("m"), "1", new CancellationToken());
    Memory next = new Memory().with("models/m/only.onnx", "new");
    Path folder = install(next, root().resolve("m"), "2", new CancellationToken());
    assertEquals("new", text(folder.resolve("only.onnx")));
    assertFalse(Files.exists(folder.resolve("sampo.json")));
    assertArrayEquals(new String[] {"m"}, left());
  }

  @Test
  public void install_that_fails_in_the_middle_then_nothing_is_left_and_the_asset_is_named()
      throws IOException {
    Memory assets = model();
    assets.breaks = "models/m/unet/model.onnx";
    Exception e =
        assertThrows(
            IOException.class,
            () -> install(assets, root().resolve("m"), "1", new CancellationToken()));
    assertTrue(e.getMessage(), e.getMessage().contains("'models/m/unet/model.onnx'"));
    assertTrue(e.getMessage(), e.getMessage().contains("the disk is gone"));
    assertArrayEquals(new String[0], left());
  }

  @Test
  public void install_cancelled_in_the_middle_then_the_old_version_stays() throws IOException {
    install(model(), root().resolve("m"), "1", new CancellationToken());
    Memory next = model().with("models/m/sampo.json", "{\"new\":1}");
    CancellationToken token = new CancellationToken();
    next.breaks = "models/m/unet/model.onnx";
    next.atBreak =
        () -> {
          token.cancel();
          token.throwIfCancelled();
        };
    assertThrows(CancelledException.class, () -> install(next, root().resolve("m"), "2", token));
    assertEquals("{}", text(root().resolve("m/sampo.json")));
    assertTrue(AssetFolders.isInstalled(root().resolve("m"), "1"));
    assertArrayEquals(new String[] {"m"}, left());
  }

  @Test
  public void install_after_a_killed_one_then_its_remains_go() throws IOException {
    Files.createDirectories(root().resolve(".m.part/unet"));
    Files.write(root().resolve(".m.part/unet/model.onnx"), new byte[] {1});
    Files.createDirectories(root().resolve(".m.old"));
    install(model(), root().resolve("m"), "1", new CancellationToken());
    assertArrayEquals(new String[] {"m"}, left());
  }

  @Test
  public void install_of_what_is_not_there_then_says_where_to_put_it() {
    Exception e =
        assertThrows(
            IOException.class,
            () ->
                AssetFolders.install(
                    model(), "models/none", root().resolve("m"), "1", new CancellationToken()));
    assertEquals(
        "The app has no assets in 'models/none'. Put the model folder there when the app is built"
            + " (src/main/assets/models/none).",
        e.getMessage());
  }

  @Test
  public void install_from_an_apk_then_the_same_bytes() throws Exception {
    byte[] large = new byte[200_000];
    new java.util.Random(1).nextBytes(large);
    Path apk = root().resolve("base.apk");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(apk))) {
      zip.putNextEntry(new ZipEntry("assets/models/m/sampo.json"));
      zip.write("{}".getBytes(StandardCharsets.UTF_8));
      zip.putNextEntry(new ZipEntry("assets/models/m/unet/model.onnx"));
      zip.write(large);
    }
    Context context = RuntimeEnvironment.getApplication();
    AssetManager assets = context.getAssets();
    assertTrue(assets.addAssetPath(apk.toString()) > 0);
    Path target = context.getFilesDir().toPath().resolve("m");
    AssetFolders.install(assets, "models/m", target, "1", CancellationToken.none());
    assertEquals("{}", text(target.resolve("sampo.json")));
    assertArrayEquals(large, Files.readAllBytes(target.resolve("unet/model.onnx")));
  }
}
