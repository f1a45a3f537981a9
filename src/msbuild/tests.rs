//! Small projects, read as a whole: what comes of them, and that nothing is passed over.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::plan::{Linkage, Module};

const PROPS: &str = r#"<Project ToolsVersion="15.0" TreatAsLocalProperty="Own">
  <PropertyGroup Condition="'$(Out)' == ''"><Out>B:\out</Out></PropertyGroup>
  <PropertyGroup>
    <Root>$([System.IO.Path]::GetFullPath($(MSBuildThisFileDirectory)\..\))</Root>
    <Configuration>Debug</Configuration>
  </PropertyGroup>
  <ItemDefinitionGroup>
    <ClCompile>
      <AdditionalIncludeDirectories>$(Root)Include;%(AdditionalIncludeDirectories)</AdditionalIncludeDirectories>
      <PreprocessorDefinitions>WIN32;%(PreprocessorDefinitions)</PreprocessorDefinitions>
      <PreprocessorDefinitions Condition="$(Configuration) == 'Debug'">_DEBUG;%(PreprocessorDefinitions)</PreprocessorDefinitions>
      <RuntimeLibrary>MultiThreadedDLL</RuntimeLibrary>
      <Optimization>MaxSpeed</Optimization>
    </ClCompile>
    <Link>
      <RandomizedBaseAddress>true</RandomizedBaseAddress>
      <DataExecutionPrevention>true</DataExecutionPrevention>
      <SubSystem>Windows</SubSystem>
      <AdditionalDependencies>AdvAPI32.lib;%(AdditionalDependencies)</AdditionalDependencies>
    </Link>
    <ResourceCompile>
      <PreprocessorDefinitions>NAME=\"$(TargetName)$(TargetExt)\"</PreprocessorDefinitions>
      <Culture>0x0409</Culture>
    </ResourceCompile>
  </ItemDefinitionGroup>
  <Target Name="Sign"><Exec Command="sign" /></Target>
</Project>"#;

/// A project of its own properties, then the sheets, then `body`.
fn project(kind: &str, name: &str, body: &str) -> String {
    format!(
        r#"<Project DefaultTargets="Build" ToolsVersion="4.0">
  <ItemGroup Label="ProjectConfigurations"><ProjectConfiguration Include="Release|x64" /></ItemGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.Default.props" />
  <PropertyGroup><ConfigurationType>{kind}</ConfigurationType><TargetName>{name}</TargetName></PropertyGroup>
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.props" />
  <ImportGroup Label="PropertySheets">
    <Import Project="$(UserRootDir)\x.props" Condition="exists('$(UserRootDir)\x.props')" />
    <Import Project="base.props" />
    <Import Project="base.props" />
  </ImportGroup>
{body}
  <Import Project="$(VCTargetsPath)\Microsoft.Cpp.targets" />
</Project>"#
    )
}

const CORE: &str = r#"  <ItemDefinitionGroup><ClCompile>
    <PreprocessorDefinitions>CORE;TEXT="a\\b";%(PreprocessorDefinitions)</PreprocessorDefinitions>
  </ClCompile></ItemDefinitionGroup>
  <ItemGroup>
    <ClInclude Include="..\PC\pyconfig.h.in" />
    <ClCompile Include="..\pc\Config.c" />
    <ClCompile Include="..\Modules\zlibmodule.c">
      <AdditionalIncludeDirectories>$(zlibDir);%(AdditionalIncludeDirectories)</AdditionalIncludeDirectories>
    </ClCompile>
    <ClCompile Include="$(zlibDir)\inflate.c" />
    <ClCompile Include="..\Modules\gone.c"><ExcludedFromBuild Condition="'$(Platform)'=='x64'">true</ExcludedFromBuild></ClCompile>
  </ItemGroup>
  <ItemGroup><ResourceCompile Include="..\PC\nt.rc" /></ItemGroup>"#;

const MODULE: &str = r#"  <PropertyGroup><TargetExt>.pyd</TargetExt><CharacterSet>Unicode</CharacterSet></PropertyGroup>
  <ItemDefinitionGroup>
    <ClCompile><AdditionalIncludeDirectories>..\Modules\expat</AdditionalIncludeDirectories></ClCompile>
    <Link><AdditionalDependencies>ws2_32.lib;..\out\LIBEX.lib;%(AdditionalDependencies)</AdditionalDependencies></Link>
  </ItemDefinitionGroup>
  <ItemGroup>
    <ClCompile Include="..\Modules\_fast.c" />
    <ClCompile Include="..\Modules\expat\xmltok.c" />
    <ProjectReference Include="core.vcxproj"><Project>{0}</Project></ProjectReference>
  </ItemGroup>
  <ItemGroup><ResourceCompile Include="..\PC\nt.rc" /></ItemGroup>"#;

const PROGRAM: &str = r#"  <ItemDefinitionGroup><Link>
    <SubSystem>Console</SubSystem><StackReserveSize>2000000</StackReserveSize>
  </Link></ItemDefinitionGroup>
  <ItemGroup>
    <ClCompile Include="..\Programs\python.c" />
    <ProjectReference Include="core.vcxproj" />
  </ItemGroup>"#;

const FREEZE: &str = r#"  <ItemGroup>
    <None Include="..\Lib\os.py"><ModName>os</ModName><OutFile>B:\\frozen\os.h</OutFile></None>
    <None Include="..\PC\py.ico" />
  </ItemGroup>"#;

const CONFIG: &str = "/* -- ADDMODULE MARKER 1 -- */\nstruct _inittab _PyImport_Inittab[] = {\n    {\"nt\", PyInit_nt},\n\
    /* -- ADDMODULE MARKER 2 -- */\n    {\"sys\", NULL},\n    {0, 0}\n};\n";

fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut add = |path: &str, text: &str| files.insert(path.to_owned(), text.to_owned());
    add("PCbuild/base.props", PROPS);
    add(
        "PCbuild/core.vcxproj",
        &project("DynamicLibrary", "python3", CORE),
    );
    add(
        "PCbuild/_fast.vcxproj",
        &project("DynamicLibrary", "_fast", MODULE),
    );
    add(
        "PCbuild/_test.vcxproj",
        &project("DynamicLibrary", "_test", &MODULE.replace("_fast.c", "_test.c")),
    );
    add(
        "PCbuild/python.vcxproj",
        &project("Application", "python", PROGRAM),
    );
    add(
        "PCbuild/freeze.vcxproj",
        &project("Application", "freeze", FREEZE),
    );
    add("PCbuild/old.vcxproj", "no XML at all");
    add("PC/config.c", CONFIG);
    for path in [
        "Lib/os.py",
        "Modules/_fast.c",
        "Modules/_test.c",
        "Modules/gone.c",
        "Modules/expat/xmltok.c",
        "Modules/zlibmodule.c",
        "PC/nt.rc",
        "PC/pyconfig.h.in",
        "Programs/python.c",
    ] {
        add(path, "");
    }
    files
}

fn rules() -> ProjectRules {
    let foreign = |directories: &[&str], bundled: &[&str], libraries: &[&str], defines: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        ForeignSource {
            directories: texts(directories),
            bundled: texts(bundled),
            libraries: texts(libraries),
            defines: texts(defines),
        }
    };
    let name = str::to_owned;
    ProjectRules {
        properties: BTreeMap::from([
            (name("Configuration"), name("Release")),
            (name("Platform"), name("x64")),
        ]),
        packages: BTreeMap::from([
            (name("zlib"), foreign(&["zlibDir"], &[], &[], &[])),
            (
                name("expat"),
                foreign(&[], &["Modules/expat"], &["libex.lib"], &["XML_STATIC"]),
            ),
        ]),
        projects: BTreeMap::from([
            (name("core"), Makes::Core),
            (name("_fast"), Makes::Module),
            (name("_test"), Makes::Module),
            (name("python"), Makes::Program),
            (name("freeze"), Makes::Frozen),
            (name("old"), Makes::Nothing),
        ]),
        generated: BTreeSet::new(),
        unused_targets: BTreeSet::from([name("Sign")]),
        unused_items: BTreeSet::from([name("ProjectConfiguration")]),
    }
}

fn modules() -> BTreeMap<String, Module> {
    let entries = [
        ("nt", Linkage::Builtin),
        ("sys", Linkage::Builtin),
        ("_fast", Linkage::Builtin),
        ("_test", Linkage::Shared),
    ];
    let module = |linkage| Module {
        linkage,
        needs: Vec::new(),
        licenses: Vec::new(),
        imports: Vec::new(),
        required: false,
        test: false,
        why: None,
    };
    entries
        .map(|(name, linkage)| (name.to_owned(), module(linkage)))
        .into()
}

fn survey_of(files: &BTreeMap<String, String>) -> Result<Survey, SurveyError> {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, Sources::wants(path).then(|| text.clone()));
    }
    survey(&sources, &rules(), &modules())
}

fn built<'a>(survey: &'a Survey, name: &str) -> &'a ProjectBuild {
    let mut projects = survey.description.projects.iter();
    projects.find(|project| project.project == name).unwrap()
}

#[test]
fn the_core_is_described() {
    let survey = survey_of(&files()).unwrap();
    let core = built(&survey, "core");
    assert_eq!((core.output.as_str(), core.makes), ("python3.dll", Product::Core));
    let sources: Vec<&Place> = core.units.iter().map(|unit| &unit.source).collect();
    assert_eq!(
        sources,
        [
            &Place::Generated("config.c".into()),
            &Place::Source("Modules/zlibmodule.c".into())
        ]
    );
    let unit = &core.units[1];
    assert_eq!(unit.object, "obj/core/Modules/zlibmodule.obj");
    assert_eq!(unit.defines, ["_WINDLL", "CORE", r#"TEXT="a\\b""#, "WIN32"]);
    assert_eq!(
        unit.include,
        [Place::Package("zlib".into()), Place::Source("Include".into())]
    );
    assert_eq!(core.packages, BTreeSet::from(["zlib".to_owned()]));
    assert_eq!(core.resources[0].defines, ["NAME=\"python3.dll\""]);
    assert!(survey.config.contains("{\"_fast\", PyInit__fast},"));
    assert!(!survey.config.contains("_test"));
}

#[test]
fn modules_are_parts_of_the_core_or_files() {
    let survey = survey_of(&files()).unwrap();
    let fast = built(&survey, "_fast");
    assert_eq!(fast.makes, Product::Builtin);
    assert_eq!(fast.packages, BTreeSet::from(["expat".to_owned()]));
    assert_eq!(
        fast.link.libraries[..3],
        ["ws2_32.lib", "advapi32.lib", "kernel32.lib"]
    );
    assert_eq!(
        fast.units[0].defines,
        [
            "_WINDLL",
            "_UNICODE",
            "UNICODE",
            "WIN32",
            "XML_STATIC",
            "CORE",
            r#"TEXT="a\\b""#,
            "DllMain=_fast_DllMain"
        ]
    );
    let test = built(&survey, "_test");
    assert_eq!((test.output.as_str(), test.makes), ("_test.pyd", Product::Shared));
    assert!(!test.units[0].defines.contains(&"CORE".to_owned()));
    let init: Vec<_> = survey
        .description
        .modules
        .iter()
        .map(|module| module.init.as_deref())
        .collect();
    assert_eq!(
        init,
        [
            Some("PyInit__fast"),
            Some("PyInit__test"),
            Some("PyInit_nt"),
            None
        ]
    );
}

#[test]
fn files_for_make_are_what_they_were() {
    let survey = survey_of(&files()).unwrap();
    let libraries = BTreeMap::from([
        ("zlib".to_owned(), vec!["zlib.lib".to_owned()]),
        ("expat".to_owned(), vec!["expat.lib".to_owned()]),
    ]);
    let mut text = String::new();
    for (path, content) in super::files(&survey, &libraries) {
        if path != "projects.json" {
            text += &format!("== {path}\n{content}");
        }
    }
    insta::assert_snapshot!(text);
}

/// Every one of these stands in a project that is taken, and none may be passed over.
#[test]
fn what_is_not_understood_is_an_error() {
    let cases = [
        ("element", "<Choose />", "unknown element `Choose` in `Project`"),
        (
            "attribute",
            "<PropertyGroup Label='a' Name='b' />",
            "unknown attribute `Name` of `PropertyGroup`",
        ),
        ("target", "<Target Name='New' />", "unknown target `New`"),
        (
            "item",
            "<ItemGroup><New Include='a' /></ItemGroup>",
            "unknown kind of item `New`",
        ),
        (
            "remove",
            "<ItemGroup><ClCompile Remove='a.c' /></ItemGroup>",
            "unknown attribute `Remove` of `ClCompile`",
        ),
        (
            "metadata",
            "<ItemDefinitionGroup><Link><MergeSections>a</MergeSections></Link></ItemDefinitionGroup>",
            "unknown metadata `MergeSections` of `Link`",
        ),
        (
            "definition",
            "<ItemDefinitionGroup><CudaCompile /></ItemDefinitionGroup>",
            "unknown kind of item `CudaCompile`",
        ),
        (
            "import",
            "<Import Project='gone.props' />",
            "`PCbuild/gone.props` is not in the source",
        ),
        (
            "sheet",
            r"<Import Project='$(VCTargetsPath)\Microsoft.Cpp.Cuda.props' />",
            r"`V:\Microsoft.Cpp.Cuda.props` is not in the source",
        ),
        (
            "place",
            r"<Import Project='C:\x.props' />",
            r"`C:\x.props` is in no place that is known",
        ),
        (
            "function",
            "<PropertyGroup><A>$(B.Reverse())</A></PropertyGroup>",
            "unknown function `B.Reverse()`",
        ),
        (
            "list",
            "<PropertyGroup><A>@(ClCompile)</A></PropertyGroup>",
            "`@(ClCompile)` is not understood: lists of items are read by targets only, so far",
        ),
        (
            "condition",
            "<PropertyGroup Condition=\"$(Nothing)\" />",
            "condition `$(Nothing)` cannot be decided: `` is neither true nor false",
        ),
        (
            "wildcard",
            r"<ItemGroup><ClCompile Include='..\Modules\*.c' /></ItemGroup>",
            r"`..\Modules\*.c` is not understood: wildcards are used by targets only, so far",
        ),
        (
            "source",
            r"<ItemGroup><ClCompile Include='..\Modules\gone2.c' /></ItemGroup>",
            "`Modules/gone2.c` is not in the source",
        ),
        (
            "language",
            r"<ItemGroup><ClCompile Include='..\PC\nt.rc' /></ItemGroup>",
            r"`language` is `..\PC\nt.rc `, which is not understood",
        ),
        (
            "option",
            "<ItemDefinitionGroup><ClCompile><AdditionalOptions>/await</AdditionalOptions></ClCompile></ItemDefinitionGroup>",
            "unknown option `/await` of the compiler",
        ),
        (
            "value",
            "<ItemDefinitionGroup><Link><SubSystem>Native</SubSystem></Link></ItemDefinitionGroup>",
            "`SubSystem` is `Native`, which is not understood",
        ),
        (
            "command",
            r"<ItemGroup><CustomBuild Include='..\Modules\_fast.c'><Command>ml64</Command></CustomBuild></ItemGroup>",
            "unknown kind of item `CustomBuild`",
        ),
    ];
    for (what, addition, expected) in cases {
        let mut files = files();
        let text = files.get_mut("PCbuild/python.vcxproj").unwrap();
        *text = text.replace(PROGRAM, &format!("{PROGRAM}\n{addition}"));
        let error = survey_of(&files).unwrap_err();
        let SurveyError::Project(error) = error else {
            panic!("{what}: {error}")
        };
        assert_eq!(error.problem.to_string(), expected, "{what}");
        assert_eq!(error.file, "PCbuild/python.vcxproj", "{what}");
        assert!(error.line == 1 || error.line >= 13, "{what}: line {}", error.line);
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn recipes_and_source_must_know_the_same() {
    let mut more = files();
    more.insert("PCbuild/new.vcxproj".to_owned(), String::new());
    assert_eq!(
        survey_of(&more),
        Err(SurveyError::UnknownProjects(vec!["new".to_owned()]))
    );

    let mut other = files();
    let table = CONFIG.replace("\"nt\"", "\"posix\"");
    other.insert("PC/config.c".to_owned(), table);
    assert_eq!(
        survey_of(&other).unwrap_err().to_string(),
        "recipes/cpython/extensions.yaml and the source know different modules; only in the source: `posix`; \
         only in extensions.yaml: `nt`"
    );

    let mut shared = files();
    shared.insert(
        "PC/config.c".to_owned(),
        CONFIG.replace("\"nt\", PyInit_nt", "\"_test\", PyInit__test"),
    );
    let error = survey_of(&shared).unwrap_err();
    assert!(matches!(error, SurveyError::Drift { .. }), "{error}");
}

#[test]
fn a_source_is_in_the_core_once() {
    let mut twice = files();
    let text = twice.get_mut("PCbuild/_fast.vcxproj").unwrap();
    *text = text.replace("_fast.c", "zlibmodule.c");
    let error = survey_of(&twice).unwrap_err();
    assert!(matches!(error, SurveyError::Twice { .. }), "{error}");
}
