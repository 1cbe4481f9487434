package supervise

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/develop"
	"github.com/miyabi-society/platform/infra/local/status"
)

// Develop runs the local cloud in the foreground and keeps it up to date with the sources until ctx ends. The
// functions' output goes to the log, what changes to out. A local cloud that runs in the background is stopped first.
func Develop(ctx context.Context, o Options, out io.Writer) error {
	if err := Down(ctx, o.State, io.Discard); err != nil {
		return err
	}
	log, err := openLog(LogFile(o.State))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	o.Develop.Out = out
	err = Run(ctx, o, log, noticePrinter{out})
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		say(out, "The local cloud is stopped.")
		return nil
	}
	return err
}

// follow puts the pages' development server before the site and follows the sources. The returned function ends both.
func follow(ctx context.Context, d develop.Config, c *cloud.Cloud, url string, log io.Writer) (site http.Handler, end func() error, err error) {
	site = c.Site()
	stopPages := func() {}
	if d.Pages != "" && site != nil {
		pages, err := develop.StartPages(d.Pages, url, log)
		if err != nil {
			return nil, nil, err
		}
		site, stopPages = pages.Before(site), pages.Stop
	}
	say(d.Out, "Status  "+url+status.Path)
	ctx, cancel := context.WithCancel(ctx)
	failed := make(chan error, 1)
	go func() {
		err := develop.Run(ctx, d, c)
		if err != nil {
			say(d.Out, "The sources are not followed: "+err.Error())
		}
		failed <- err
	}()
	return site, func() error {
		cancel()
		stopPages()
		return <-failed
	}, nil
}
