using Dovetail.Sleep;
using static Dovetail.Tests.Services.SampleContainer;

namespace Dovetail.Tests.Sleep;

public sealed class DependenciesTests
{
    [Theory]
    [InlineData("db:service_healthy:false", "db Healthy")]
    [InlineData("db:service_started:true, cache:service_completed_successfully:false", "db Started,cache Completed")]
    // An older Compose names the service alone, a later one may know more conditions.
    [InlineData("db", "db Started")]
    [InlineData("db:service_dreams:false:x", "db Started")]
    [InlineData("", "")]
    [InlineData(",:,::service_healthy", "")]
    public void The_label_is_read_as_Compose_writes_it(string label, string expected)
    {
        var known = Dependencies.Of(With($"com.docker.compose.depends_on={label}"));

        Assert.Equal(expected, string.Join(',', known.Select(dependency => $"{dependency.Service} {dependency.Condition}")));
    }

    [Fact]
    public void Without_a_project_there_are_none()
    {
        var lone = With("com.docker.compose.depends_on=db:service_started:false");
        var db = Named("db", 1, "com.docker.compose.project=p", "com.docker.compose.service=db");

        Assert.Empty(Dependencies.Find([db], lone, "db"));
        Assert.Null(Dependencies.FirstDependent([lone], db));
    }

    [Fact]
    public void One_of_docker_compose_run_is_no_dependency()
    {
        var app = With("com.docker.compose.project=p");
        var run = Named("run", 1, "com.docker.compose.project=p", "com.docker.compose.service=db", "com.docker.compose.oneoff=True");

        Assert.Empty(Dependencies.Find([run], app, "db"));
    }
}
