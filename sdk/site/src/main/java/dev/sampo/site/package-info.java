/**
 * The documentation as a web site: Markdown to HTML, the same pages that the repository shows. Enter at {@link dev.sampo.site.Site}.
 */
@NullMarked
package dev.sampo.site;

import org.jspecify.annotations.NullMarked;
