package dev.sampo.examples.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.app.Application;
import android.content.res.AssetManager;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
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
public class InstalledFilesTest {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  /** The part of an APK that matters here: assets. */
  private Path apk() throws Exception {
    Path apk = temporary.getRoot().toPath().resolve("base.apk");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(apk))) {
      Path gan = ShippedFiles.shipped("digits-gan");
      List<Path> files;
      try (Stream<Path> all = Files.list(gan)) {
        files = all.collect(Collectors.toList());
      }
      for (Path file : files) {
        zip.putNextEntry(new ZipEntry("assets/models/digits-gan/" + file.getFileName()));
        Files.copy(file, zip);
      }
      zip.putNextEntry(new ZipEntry("assets/samples/sayings.txt"));
      Files.copy(ShippedFiles.APP.resolve("src/main/assets/samples/sayings.txt"), zip);
    }
    return apk;
  }

  @Test
  public void model_in_the_assets_then_opened_from_the_apps_files() throws Exception {
    Application app = RuntimeEnvironment.getApplication();
    AssetManager assets = app.getAssets();
    assertTrue(assets.addAssetPath(apk().toString()) > 0);
    InstalledFiles files = new InstalledFiles(app);

    Path folder = files.model("digits-gan", new CancellationToken());
    assertTrue(folder.startsWith(app.getFilesDir().toPath()));
    try (GanPipeline installed = GanPipeline.open(folder);
        GanPipeline shipped = GanPipeline.open(ShippedFiles.shipped("digits-gan"))) {
      PictureRequest request = PictureRequest.builder().classLabel(3).seed(9).build();
      Pixels wanted = shipped.sample(request).pictures().pixels(0);
      assertEquals(wanted, installed.sample(request).pictures().pixels(0));
    }
    assertTrue(files.sampleText().startsWith("A stitch in time saves nine.\n"));
    assertTrue(Files.isDirectory(files.tuned()));
  }
}
