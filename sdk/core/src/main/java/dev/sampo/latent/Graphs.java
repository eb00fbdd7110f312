package dev.sampo.latent;

/** Small calls that several pipelines share. */
final class Graphs {
  private Graphs() {}

  /** A batched run over pictures. */
  static Batched pictures(NamedGraph graph, String input, PictureBatch pictures) {
    return new Batched(graph, pictures.count())
        .floats(
            input,
            pictures.unsafe(),
            pictures.format().channels(),
            pictures.heightPx(),
            pictures.widthPx());
  }
}
