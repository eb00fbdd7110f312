package dev.sampo.picture;

import dev.sampo.error.RequestException;
import dev.sampo.internal.LatentModel;
import dev.sampo.model.Family;
import dev.sampo.specs.ImageFormat;
import java.util.List;

/** What the picture models share: an opened folder. */
abstract class OnnxPictures {
  final LatentModel model;
  private final Family family;

  OnnxPictures(LatentModel model, Family family) {
    this.model = model;
    this.family = family;
  }

  public String name() {
    return model.json().name();
  }

  public Family family() {
    return family;
  }

  public ImageFormat image() {
    return model.image();
  }

  public List<String> classes() {
    return model.json().classes();
  }

  public int latentSize() {
    return model.latent().size();
  }

  public void close() {
    model.close();
  }

  RequestException cannot(String option, String what) {
    return new RequestException(
        option, name() + " (family '" + family.label() + "') cannot " + what + ".");
  }

  @Override
  public String toString() {
    return family.label() + " " + name();
  }
}
