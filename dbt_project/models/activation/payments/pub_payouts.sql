with

payout_reconciliation as (

    select * from {{ ref('rpt_payout_reconciliation') }}

),

published as (

    select
        -- ids
        payout_id,

        -- strings
        currency,
        status,
        status_phase,

        -- numerics
        amount,
        amount_booked,
        amount_returned,
        charges_amount,
        refunds_amount,
        disputes_amount,
        payouts_amount,
        other_amount,
        fee_amount,
        explained_amount,
        difference_amount,

        -- booleans
        is_automatic,
        is_explained,

        -- dates
        created_date,
        arrival_date

    from payout_reconciliation

)

{{ only_changed('published') }}
