package dev.sampo.examples.android;

import android.content.Context;
import android.content.pm.PackageManager;
import dev.sampo.android.AssetFolders;
import dev.sampo.runtime.CancellationToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files in the app's private folder, copied from its assets. */
final class InstalledFiles implements AppFiles {
  private final Context context;

  InstalledFiles(Context context) {
    this.context = context.getApplicationContext();
  }

  @Override
  public Path model(String name, CancellationToken token) throws IOException {
    Path models = Files.createDirectories(context.getFilesDir().toPath().resolve("models"));
    return AssetFolders.install(
        context.getAssets(), "models/" + name, models.resolve(name), version(), token);
  }

  /** Another one after every installation, so that new assets are copied. */
  private String version() throws IOException {
    try {
      return Long.toString(
          context.getPackageManager().getPackageInfo(context.getPackageName(), 0).lastUpdateTime);
    } catch (PackageManager.NameNotFoundException e) {
      throw new IOException("The app does not find itself: " + e.getMessage(), e);
    }
  }

  @Override
  public String sampleText() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (InputStream in = context.getAssets().open("samples/sayings.txt")) {
      byte[] buffer = new byte[8192];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        all.write(buffer, 0, n);
      }
    }
    return new String(all.toByteArray(), StandardCharsets.UTF_8);
  }

  @Override
  public Path tuned() throws IOException {
    return Files.createDirectories(context.getFilesDir().toPath().resolve("tuned"));
  }
}
