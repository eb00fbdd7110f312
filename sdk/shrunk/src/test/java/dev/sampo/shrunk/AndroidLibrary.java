package dev.sampo.shrunk;

import com.android.tools.r8.ClassFileResourceProvider;
import com.android.tools.r8.JdkClassFileProvider;
import com.android.tools.r8.ProgramResource;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.codehaus.mojo.animal_sniffer.Clazz;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's classes for R8 to compile against, without {@code java.beans}, {@code java.awt} and whatever else outside {@code java.base}
 * Android lacks: R8 then complains of missing classes as an Android build would. What Android has comes from the signature that the gate
 * uses; {@code java.base} is left whole, as its classes are knit together and the gate checks our own calls one by one.
 */
final class AndroidLibrary implements ClassFileResourceProvider {
  private final ClassFileResourceProvider jdk;
  private final Set<String> descriptors = new HashSet<>();

  /**
   * @param signature Animal Sniffer's file of the Android API
   */
  AndroidLibrary(Path signature) throws IOException {
    jdk = JdkClassFileProvider.fromSystemJdk();
    Set<String> android = names(signature);
    Set<String> base = Object.class.getModule().getPackages();
    for (String descriptor : jdk.getClassDescriptors()) {
      String name = descriptor.substring(1, descriptor.length() - 1);
      int nested = name.indexOf('$');
      name = nested < 0 ? name : name.substring(0, nested);
      int slash = name.lastIndexOf('/');
      if (android.contains(name)
          || (slash > 0 && base.contains(name.substring(0, slash).replace('/', '.')))) {
        descriptors.add(descriptor);
      }
    }
  }

  private static Set<String> names(Path signature) throws IOException {
    Set<String> names = new HashSet<>();
    try (ObjectInputStream in =
        new ObjectInputStream(new GZIPInputStream(Files.newInputStream(signature)))) {
      for (Clazz c = (Clazz) in.readObject(); c != null; c = (Clazz) in.readObject()) {
        names.add(c.getName());
      }
    } catch (ClassNotFoundException e) {
      throw new IOException(signature + " is no signature file of Animal Sniffer", e);
    }
    return names;
  }

  @Override
  public Set<String> getClassDescriptors() {
    return descriptors;
  }

  @Override
  public @Nullable ProgramResource getProgramResource(String descriptor) {
    return descriptors.contains(descriptor) ? jdk.getProgramResource(descriptor) : null;
  }

  @Override
  public void getProgramResources(Consumer<ProgramResource> consumer) {
    jdk.getProgramResources(
        resource -> {
          if (descriptors.containsAll(resource.getClassDescriptors())) {
            consumer.accept(resource);
          }
        });
  }
}
