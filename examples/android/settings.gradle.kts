pluginManagement {
  repositories {
    google()
    mavenCentral()
  }
}

dependencyResolutionManagement {
  repositoriesMode.set(RepositoriesMode.FAIL_ON_PROJECT_REPOS)
  repositories {
    google()
    mavenCentral()
    // Sampo's jars, put there by `mvn install` in the project's root.
    mavenLocal { content { includeGroup("dev.sampo") } }
  }
}

rootProject.name = "sampo-android-example"

include(":app")
